"""Everything that a config's ``model`` can name."""

from . import (
    backbones,
    data_preprocessors,
    disentanglers,
    heads,
    localizers,
    losses,
    necks,
    spectrograms,
)

__all__ = [
    'backbones',
    'data_preprocessors',
    'disentanglers',
    'heads',
    'localizers',
    'losses',
    'necks',
    'spectrograms',
]
