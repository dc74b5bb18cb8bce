"""Drawing pictures: a clip as a row, and rows as a contact sheet."""

from .atomic_vis_backend import AtomicVisBackend
from .av_visualizer import AVVisualizer
from .contact_sheet import contact_sheet
from .mlflow_backend import MLflowBackend
from .separation_visualizer import SeparationVisualizer
from .spectrogram import Spectrogram

__all__ = [
    'AVVisualizer',
    'AtomicVisBackend',
    'MLflowBackend',
    'SeparationVisualizer',
    'Spectrogram',
    'contact_sheet',
]
