"""Pictures: a clip as a row, rows as a contact sheet, runs as an HTML report."""

from .av_visualizer import AVVisualizer
from .contact_sheet import contact_sheet
from .spectrogram import Spectrogram

__all__ = ['AVVisualizer', 'Spectrogram', 'contact_sheet']
