"""Published classifiers used without training: audio taggers and dense image classifiers."""

from . import audio, visual

__all__ = ['audio', 'visual']
