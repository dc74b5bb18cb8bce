"""Checks before the first step of a run: what cannot end well is refused before it takes time."""

from collections.abc import Collection, Sized
from typing import cast

from mmengine.dataset import InfiniteSampler
from mmengine.dist import get_world_size
from mmengine.evaluator import Evaluator
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from mmavl.datasets.parts import av_datasets
from mmavl.errors import ConfigError
from mmavl.utils.shipped import tool_command

_WAYS_OUT = {
    'tags': 'tag its clips ({pseudo_labels}), or choose a method or setting that needs no tags',
    'boxes': 'add boxes, or choose a method, setting or metric that needs none',
}


def check_batches(loader: DataLoader) -> None:
    """Check that a loader has batches.

    Raises:
        ValueError: It has none, since a batch is larger than the dataset.
    """
    sampler, dataset = loader.sampler, loader.dataset
    if isinstance(dataset, IterableDataset) or isinstance(sampler, InfiniteSampler) or len(loader):
        return
    split = getattr(dataset, 'ann_file', None) or type(dataset).__name__
    own, processes = len(cast(Sized, sampler)), get_world_size()
    share = f', {own} for each of {processes} processes' * (processes > 1)
    raise ValueError(
        f'no batches with batch_size={loader.batch_size} and drop_last={loader.drop_last}: '
        f'{split} has {len(cast(Sized, dataset))} samples{share}; reduce batch_size'
        + ', or set drop_last=False'
        * loader.drop_last
    )


def check_training(model: nn.Module, loader: DataLoader) -> None:
    """Check that training data have what a model learns from.

    Raises:
        ConfigError: A batch, such as the last one of an epoch, has fewer clips than the model's
            ``least_batch``, or no clip has an annotation listed in its ``trains_on``.
    """
    name, least = type(model).__name__, getattr(model, 'least_batch', 1)
    smallest = _smallest_batch(loader) * get_world_size()
    if smallest < least:
        way_out = f'set train_dataloader.batch_size to {least} or more'
        if loader.batch_size * get_world_size() >= least:
            way_out = 'set train_dataloader.drop_last=True'
        raise ConfigError(
            f'{name} compares the clips of a batch, and needs {least} or more in each, but with '
            f'batch_size={loader.batch_size} one has {smallest}: {way_out}'
        )
    check_annotations(loader.dataset, getattr(model, 'trains_on', ()), f'{name} trains on')


def check_evaluation(model: nn.Module, loader: DataLoader, evaluator: Evaluator) -> None:
    """Check that metrics fit the model and the data that they are to score.

    Raises:
        ConfigError: The model does not predict what a metric scores, or no clip has an annotation
            listed in a metric's ``scores_by``.
    """
    for metric in evaluator.metrics:
        if hasattr(metric, 'check_model'):
            metric.check_model(model)
        needs = getattr(metric, 'scores_by', ())
        check_annotations(loader.dataset, needs, f'{type(metric).__name__} scores by')


def check_annotations(dataset: Dataset, needs: Collection[str], purpose: str) -> None:
    """Check that any clip of a dataset has each of some annotations.

    Args:
        dataset (Dataset): Datasets inside it that have no ``annotations`` are not checked.
        needs (Collection[str]): See :meth:`mmavl.datasets.AVDataset.annotations`.
        purpose (str): E.g. 'AVGN trains on'.

    Raises:
        ConfigError: It has none of a kind; names the manifest and the way out.
    """
    parts = [part for part in av_datasets(dataset) if hasattr(part, 'annotations')]
    if not needs or not parts:
        return
    present = set().union(*(part.annotations() for part in parts))
    for kind in needs:
        if kind not in present:
            tool = tool_command('dataset_converters/pseudo_labels.py')
            raise ConfigError(
                f'{purpose} {kind}, but {parts[0].ann_file} has none: '
                + _WAYS_OUT[kind].format(pseudo_labels=tool)
            )


def _smallest_batch(loader: DataLoader) -> int | float:
    """Clips of the smallest batch in one process; infinite where nobody knows."""
    if loader.batch_size is None or isinstance(loader.dataset, IterableDataset):
        return float('inf')
    rest = len(cast(Sized, loader.sampler)) % loader.batch_size
    endless = isinstance(loader.sampler, InfiniteSampler)
    return loader.batch_size if endless or loader.drop_last or not rest else rest
