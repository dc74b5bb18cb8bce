"""Models and their parts, as named in configs."""

from . import (
    backbones,
    data_preprocessors,
    disentanglers,
    heads,
    label_groups,
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
    'label_groups',
    'localizers',
    'losses',
    'necks',
    'spectrograms',
]
