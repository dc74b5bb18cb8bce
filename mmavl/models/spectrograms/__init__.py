"""Spectrograms of waveforms, computed on the model's device."""

from .decibel_mel import DecibelMelSpectrogram
from .log_mel import LogMelSpectrogram
from .log_psd import LogPSDSpectrogram

__all__ = ['DecibelMelSpectrogram', 'LogMelSpectrogram', 'LogPSDSpectrogram']
