"""Everything that a config can name as a part of a model."""

from . import (
    backbones,
    data_preprocessors,
    disentanglers,
    heads,
    label_groups,
    localizers,
    losses,
    necks,
    separators,
    spectrograms,
)

__all__ = [
    'backbones',
    'data_preprocessors',
    'disentanglers',
    'heads',
    'label_groups',
    'localizers',
    'losses',
    'necks',
    'separators',
    'spectrograms',
]
