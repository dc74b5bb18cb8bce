"""Everything that a config can name as a part of a model."""

from . import (
    audio_taggers,
    backbones,
    data_preprocessors,
    dense_classifiers,
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
    'audio_taggers',
    'backbones',
    'data_preprocessors',
    'dense_classifiers',
    'disentanglers',
    'heads',
    'label_groups',
    'localizers',
    'losses',
    'necks',
    'separators',
    'spectrograms',
]
