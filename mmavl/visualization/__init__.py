"""Pictures: a clip as a row, rows as a contact sheet, runs as an HTML report."""

from .atomic_vis_backend import AtomicVisBackend
from .av_visualizer import AVVisualizer
from .contact_sheet import contact_sheet
from .html_report import write_report
from .run_record import read_run
from .separation_visualizer import SeparationVisualizer
from .spectrogram import Spectrogram

__all__ = [
    'AVVisualizer',
    'AtomicVisBackend',
    'SeparationVisualizer',
    'Spectrogram',
    'contact_sheet',
    'read_run',
    'write_report',
]
