"""Datasets that read a manifest, and the transforms of their pipelines."""

from .av_dataset import AVDataset
from .manifest import check_manifest, read_manifest, write_manifest
from .mixture_dataset import MixtureDataset
from .source_dataset import SourceDataset
from .transforms import *  # noqa: F403
from .view_dataset import ViewDataset

__all__ = [
    'AVDataset',
    'MixtureDataset',
    'SourceDataset',
    'ViewDataset',
    'check_manifest',
    'read_manifest',
    'write_manifest',
]
