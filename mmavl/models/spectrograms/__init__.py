"""Spectrograms of waveforms, computed on the model's device."""

from .log_mel import LogMelSpectrogram

__all__ = ['LogMelSpectrogram']
