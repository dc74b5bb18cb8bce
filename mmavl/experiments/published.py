"""Methods with the networks of their papers, on another dataset than their configs'."""

import copy
from collections.abc import Mapping
from typing import Any

from mmengine import Config

from mmavl.engine.config import load_config
from mmavl.errors import ConfigError
from mmavl.utils.shipped import named_config

#: Datasets in whose configs methods have the networks of their papers.
_PUBLISHED = ('flickr', 'music', 'vggsound', 'audioset')
#: What decides about the examples of a dataset and their labels, beside its pipeline.
_DATA = ('data_root', 'ann_file', 'tag_level', 'test_mode', 'filter_cfg')
#: Numbers that follow from a dataset's classes.
_COUNTS = ('num_classes', 'clusters')


def with_published_networks(
    name: str, cfg: Config, data: str, options: Mapping[str, Any] | None = None
) -> Config:
    """A config's counterpart with the networks, pipelines and optimizer of the paper.

    Args:
        name (str): The config's name, ``<method>_<data>`` with any suffix.
        cfg (Config): The config.
        data (str): The dataset.
        options (Mapping, optional): Values to change in the counterpart, by dotted key.

    Returns:
        Config: That of ``<method>_flickr`` (or another of its datasets), with this config's data
        and evaluators; unchanged for a config without a counterpart.
    """
    method, found, suffix = name.partition(f'_{data}')
    names = [f'{method}_{other}{suffix}' for other in _PUBLISHED if other != data]
    path = next((p for n in names if (p := named_config(n))), None) if found else None
    if path is None:
        return cfg
    other = load_config(path, dict(options or {}))
    other.val_dataloader = copy.deepcopy(other.test_dataloader)  # some have no boxes to validate
    for split in ('train', 'val', 'test'):
        key = f'{split}_dataloader'
        _exchange(other[key].dataset, cfg[key].dataset, path.stem)
        other[key].batch_size = min(other[key].batch_size, cfg[key].batch_size)
    for key in ('val_evaluator', 'test_evaluator', 'val_cfg', 'load_from', 'load_without'):
        if key in cfg:
            other[key] = copy.deepcopy(cfg[key])
    _take_counts(other.model, cfg.model)
    return other


def _exchange(dataset: dict[str, Any], given: dict[str, Any], name: str) -> None:
    """Give a dataset, inside any wrapper, another one's examples."""
    while 'dataset' in dataset:
        dataset = dataset['dataset']
    while 'dataset' in given:
        given = given['dataset']
    if 'ann_file' not in dataset or 'ann_file' not in given:
        raise ConfigError(f'{name}: its dataset has no ann_file, so it takes no other examples')
    for key in _DATA:
        dataset.pop(key, None)
        if key in given:
            dataset[key] = copy.deepcopy(given[key])


def _take_counts(model: dict[str, Any], given: dict[str, Any]) -> None:
    """Take the numbers that the data decide about, in all parts of a model."""
    for key in model.keys() & given.keys():
        if key in _COUNTS:
            model[key] = given[key]
        elif isinstance(model[key], dict) and isinstance(given[key], dict):
            _take_counts(model[key], given[key])
