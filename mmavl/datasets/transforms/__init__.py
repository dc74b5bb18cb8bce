"""Transforms: loading, cropping, augmentation, packing. Each skips inputs that are absent."""

from .audio_gain import AudioGain
from .color_jitter import ColorJitter
from .crop_audio_features import CropAudioFeatures
from .crop_pad_audio import CropPadAudio
from .flip_features import FlipFeatures
from .load_audio import LoadAudio
from .load_frame import LoadFrame
from .pack_av_inputs import PackAVInputs
from .random_crop import RandomCrop
from .random_flip import RandomFlip
from .resize import Resize
from .resize_shorter_side import ResizeShorterSide

__all__ = [
    'AudioGain',
    'ColorJitter',
    'CropAudioFeatures',
    'CropPadAudio',
    'FlipFeatures',
    'LoadAudio',
    'LoadFrame',
    'PackAVInputs',
    'RandomCrop',
    'RandomFlip',
    'Resize',
    'ResizeShorterSide',
]
