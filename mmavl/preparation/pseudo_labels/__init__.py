"""Pseudo-labels: tags for clips without tags, from pretrained teachers."""

from .agreement import agreement
from .build import pseudo_manifest
from .rules import audio_labels, conditional_probabilities, visual_labels

__all__ = [
    'agreement',
    'audio_labels',
    'conditional_probabilities',
    'pseudo_manifest',
    'visual_labels',
]
