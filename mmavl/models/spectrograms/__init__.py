"""Spectrograms of waveforms, computed on the model's device."""

from .log_mel import LogMelSpectrogram
from .log_psd import LogPSDSpectrogram

__all__ = ['LogMelSpectrogram', 'LogPSDSpectrogram']
