"""Everything that a config can name as a part of a model, and the teachers of pseudo-labels."""

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
    teachers,
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
    'teachers',
]
