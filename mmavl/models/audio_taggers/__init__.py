"""Pretrained networks that say what sounds, and when."""

from .base_audio_tagger import BaseAudioTagger
from .yamnet_tagger import YAMNetTagger

__all__ = ['BaseAudioTagger', 'YAMNetTagger']
