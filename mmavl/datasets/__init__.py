"""Datasets over one manifest format, and their transforms."""

from .av_dataset import AVDataset
from .manifest import check_manifest, read_manifest, write_manifest
from .mixture_dataset import MixtureDataset
from .source_dataset import SourceDataset
from .transforms import *  # noqa: F403

__all__ = [
    'AVDataset',
    'MixtureDataset',
    'SourceDataset',
    'check_manifest',
    'read_manifest',
    'write_manifest',
]
