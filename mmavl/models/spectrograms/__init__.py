"""Spectrograms: waveforms to images of sound, on the model's device."""

from .log_mel import LogMelSpectrogram

__all__ = ['LogMelSpectrogram']
