"""Published classifiers used as they are: what sounds (audio), and what is where (visual)."""

from . import audio, visual

__all__ = ['audio', 'visual']
