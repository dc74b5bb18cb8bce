"""A single file with a whole model: weights, config and classes, and nothing to execute."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from mmengine.model import BaseModel
from safetensors.torch import save
from torch import Tensor

from mmavl import __version__
from mmavl.engine.checkpoint import load_state
from mmavl.engine.embedded_config import build_embedded, inference_parts
from mmavl.errors import CheckpointError, ConfigError
from mmavl.utils.components import component_name
from mmavl.utils.files import atomic_write
from mmavl.utils.metadata import read_metadata
from mmavl.utils.strict_json import brief, parse_json
from mmavl.utils.tensor_files import read_tensor_file
from mmavl.utils.weights import without_sources

FORMAT_VERSION = 1
#: Maximum characters of a class name.
_LONGEST_NAME = 200


def save_exported(
    path: str | Path, cfg: Config, state: dict[str, Tensor], classes: Sequence[str]
) -> None:
    """Write weights, config and classes to one safetensors file.

    The model is built once, without any pretrained weights, to check that the file is complete.

    Args:
        path (str | Path): The file, ``.safetensors``.
        cfg (Config): The resolved config; its model and test pipeline are stored.
        state (dict[str, Tensor]): The model's state dict, from a checkpoint.
        classes (Sequence[str]): Class names, in the order of the tags.

    Raises:
        CheckpointError: The weights do not fit the config's model, or the config has
            something not allowed in a file, e.g. a path or an unregistered component.
        ConfigError: The number of classes differs from the model's.
    """
    content = _plain(cfg.to_dict())
    content['model'] = without_sources(content['model'])
    content = inference_parts(content, str(path))
    classes = list(classes)
    problem = _class_problem(content['model'], classes)
    if problem:
        raise ConfigError(problem)
    model = build_embedded(content, _size(state.values()), str(path))
    load_state(model, state, 'the checkpoint', strict=True)
    tensors = {k.removeprefix('module.'): v.detach().clone() for k, v in state.items()}
    tensors = {k: v.contiguous() for k, v in tensors.items()}
    metadata = {
        'format_version': str(FORMAT_VERSION),
        'mmavl_version': __version__,
        'classes': json.dumps(classes),
        'config': json.dumps(content, indent=1),
    }
    with atomic_write(path, 'wb') as file:
        file.write(save(tensors, metadata))


def load_exported(path: str | Path, device: str | torch.device = 'cpu') -> BaseModel:
    """Build the model from a file written by ``tools/model_converters/export_weights.py``.

    The file may be untrusted. Nothing else is read: no config, pretrained weights or
    cache. Nothing is executed either: only the model and the test pipeline are taken from its
    JSON config, and they may name only components that are registered with mmavl. Those
    of your own project are available once it is imported. See
    :mod:`mmavl.engine.embedded_config`.

    Args:
        path (str | Path): The ``.safetensors`` file.
        device (str | torch.device): Device for the model. Defaults to 'cpu'.

    Returns:
        BaseModel: The model in evaluation mode, with ``cfg`` (Config) and ``dataset_meta``
        (dict with 'classes') as attributes.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The file is damaged, is not an export, has a newer format,
            or its config names an unknown component, a file, or unreasonable sizes.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'weight file not found: {path}')
    metadata = read_metadata(path, ('format_version', 'config', 'classes'))
    try:
        version = int(metadata['format_version'])
        content = parse_json(metadata['config'])
        classes = parse_json(metadata['classes'])
    except ValueError as error:
        raise CheckpointError(f'{path} has damaged metadata: {error}') from error
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f'{path} has format {version}, but this mmavl ({__version__}) reads formats up to '
            f'{FORMAT_VERSION}: it was written by mmavl {brief(metadata.get("mmavl_version"))}'
        )
    parts = inference_parts(content, str(path))
    problem = _class_problem(parts['model'], classes)
    if problem:
        raise CheckpointError(f'{path}: {problem}')
    state = read_tensor_file(path)['state_dict']
    model = build_embedded(parts, _size(state.values()), str(path))
    load_state(model, state, str(path), strict=True)
    model.cfg = Config(parts)
    model.dataset_meta = {'classes': classes}
    return model.to(device).eval()


def _size(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _dicts(node: Any) -> Iterator[dict]:
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list | tuple):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _dicts(value)


def _plain(node: Any, key: str = '') -> Any:
    """A config as JSON, with bare names of components."""
    if isinstance(node, dict):
        return {str(k): _plain(v, k) for k, v in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(item) for item in node]
    if key == 'type' or isinstance(node, type):
        return component_name(node)
    return node if node is None or isinstance(node, bool | int | float | str) else str(node)


def _class_problem(model: dict[str, Any], classes: Any) -> str:
    """Why these cannot be the classes of a model; empty if they can."""
    names = isinstance(classes, list) and all(
        isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME
        for name in classes
    )
    if not names or not classes or len(set(classes)) < len(classes):
        return f'the classes are not distinct names: {brief(classes)}'
    for count in (entry['num_classes'] for entry in _dicts(model) if 'num_classes' in entry):
        if count is not None and count != len(classes):
            return (
                f'the model has {brief(count)} classes, but {len(classes)} are named: '
                f'{", ".join(classes):.300}'
            )
    return ''
