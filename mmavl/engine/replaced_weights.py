"""Skipping the download of weights that a checkpoint replaces."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def without_replaced(
    model: dict,
    state: Mapping[str, Tensor] | None,
    without: Sequence[str],
    build: Callable[[dict], nn.Module],
) -> dict:
    """A model config with ``pretrained=False`` for parts whose tensors are all in a checkpoint.

    Args:
        model (dict): The config.
        state (Mapping, optional): The checkpoint's tensors; None means it has all.
        without (Sequence[str]): Names of parts that are not loaded from it.
        build (Callable): Builds a model from a config, to list the tensors of its parts.
    """
    parts = list(_fetching(model, ()))
    if not parts:
        return model
    bare = copy.deepcopy(model)
    for part in parts:
        _at(bare, part)['pretrained'] = False
    if state is None:
        return bare
    state = {name.removeprefix('module.'): tensor for name, tensor in state.items()}
    # keeps the random numbers for the next build unchanged
    with torch.random.fork_rng(devices=[]):
        expected = build(bare).state_dict()
    for part in parts:
        prefix = '.'.join(part) + '.'
        wanted = [name for name in expected if name.startswith(prefix)]
        left = any(f'{name}.'.startswith(f'{kept}.') for kept in without for name in wanted)
        fits = all(name in state and state[name].shape == expected[name].shape for name in wanted)
        if left or not fits or not wanted:
            _at(bare, part)['pretrained'] = _at(model, part)['pretrained']
    return bare


def _fetching(config: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The places where a config requests weights from a hub."""
    if isinstance(config, dict):
        if config.get('pretrained') is True:
            yield path
        for key, value in config.items():
            yield from _fetching(value, (*path, key))


def _at(config: dict, path: tuple[str, ...]) -> dict:
    for key in path:
        config = config[key]
    return config
