"""Pretrained networks that say what sounds, and when."""

from .base_audio_tagger import BaseAudioTagger
from .panns_tagger import PANNsTagger
from .yamnet_tagger import YAMNetTagger

__all__ = ['BaseAudioTagger', 'PANNsTagger', 'YAMNetTagger']
