"""Teachers: pretrained classifiers that label clips without tags."""

from .base_teacher import BaseTeacher
from .crnn_teacher import CRNNTeacher
from .onnx_audio_teacher import OnnxAudioTeacher
from .onnx_image_teacher import OnnxImageTeacher
from .timm_teacher import TimmTeacher

__all__ = ['BaseTeacher', 'CRNNTeacher', 'OnnxAudioTeacher', 'OnnxImageTeacher', 'TimmTeacher']
