"""Pretrained networks that classify each part of an image."""

from .base_dense_classifier import BaseDenseClassifier
from .clip_dense_classifier import ClipDenseClassifier
from .face_detector import FaceDetector
from .timm_dense_classifier import TimmDenseClassifier
from .tips_dense_classifier import TIPSDenseClassifier

__all__ = [
    'BaseDenseClassifier',
    'ClipDenseClassifier',
    'FaceDetector',
    'TIPSDenseClassifier',
    'TimmDenseClassifier',
]
