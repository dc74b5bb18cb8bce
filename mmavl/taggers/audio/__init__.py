"""Pretrained networks that tag sounds over time."""

from .ast_tagger import ASTTagger
from .base_audio_tagger import BaseAudioTagger
from .beats_tagger import BEATsTagger
from .clap_tagger import CLAPTagger
from .efficientat_tagger import EfficientATTagger
from .panns_tagger import PANNsTagger
from .yamnet_tagger import YAMNetTagger

__all__ = [
    'ASTTagger',
    'BEATsTagger',
    'BaseAudioTagger',
    'CLAPTagger',
    'EfficientATTagger',
    'PANNsTagger',
    'YAMNetTagger',
]
