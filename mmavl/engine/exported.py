"""One file that holds a whole model: weights, config and classes, and nothing to execute."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import safetensors
import torch
from mmengine import Config
from mmengine.model import BaseModel
from mmengine.registry import DefaultScope, Registry
from safetensors.torch import save
from torch import Tensor

from mmavl import __version__
from mmavl.engine.checkpoint import load_state
from mmavl.errors import CheckpointError, ConfigError
from mmavl.registry import MODELS
from mmavl.utils.components import component_name
from mmavl.utils.files import atomic_write
from mmavl.utils.weights import without_sources

FORMAT_VERSION = 1
#: What a config says of the machine and the files of its training.
_OF_THE_RUN = ('work_dir', 'load_from', 'load_without', 'resume', 'launcher')


def save_exported(
    path: str | Path, cfg: Config, state: dict[str, Tensor], classes: Sequence[str]
) -> None:
    """Write weights, config and classes into one safetensors file.

    The model is built once, without any pretrained weights, to see that the file will be enough.

    Args:
        path (str | Path): The file, ``.safetensors``.
        cfg (Config): The whole config, bases resolved.
        state (dict[str, Tensor]): The model's state dict, of a checkpoint.
        classes (Sequence[str]): Names of the classes, in the order of the tags.

    Raises:
        CheckpointError: The weights belong to another model than the config's.
        ConfigError: The classes are not as many as the model's.
    """
    content = _plain(cfg.to_dict())
    content = {k: v for k, v in content.items() if k not in _OF_THE_RUN}
    content['model'] = without_sources(content['model'])
    classes = list(classes)
    for count in _numbers_of_classes(content['model']):
        if count != len(classes):
            raise ConfigError(
                f'the model tells {count} classes apart, but {len(classes)} are named: {classes}'
            )
    load_state(_build(content['model'], str(path)), state, 'the checkpoint', strict=True)
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
    """Build the model of a file that ``tools/model_converters/export_weights.py`` wrote.

    Nothing else is read: no config, no pretrained weights, no cache. Nothing is executed either:
    the config is JSON, and may only name components that are registered. Those of a project of
    your own are, once it is imported.

    Args:
        path (str | Path): The ``.safetensors`` file.
        device (str | torch.device): Where the model goes. Defaults to 'cpu'.

    Returns:
        BaseModel: The model in evaluation mode, with ``cfg`` (Config) and ``dataset_meta``
        (dict with 'classes') as attributes.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The file is damaged, was not written by the export, is of a newer format,
            or names an unknown component.
    """
    state, metadata = _read(path)
    try:
        version = int(metadata['format_version'])
        cfg = Config(json.loads(metadata['config']))
        classes = json.loads(metadata['classes'])
        parts = cfg.model.to_dict()
    except (ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f'{path} has damaged metadata: {error}') from error
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f'{path} has format {version}, this mmavl ({__version__}) reads up to '
            f'{FORMAT_VERSION}: it was written by mmavl {metadata.get("mmavl_version")}'
        )
    model = _build(parts, str(path))
    load_state(model, state, str(path), strict=True)
    model.cfg = cfg
    model.dataset_meta = {'classes': classes}
    return model.to(device).eval()


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of an exported file."""
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'weight file not found: {path}')
    try:
        with safetensors.safe_open(path, 'pt') as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except safetensors.SafetensorError as error:
        raise CheckpointError(f'{path} is damaged or no safetensors file: {error}') from error
    missing = {'format_version', 'config', 'classes'} - metadata.keys()
    if missing:
        raise CheckpointError(
            f'{path} has no {", ".join(sorted(missing))} in its metadata: it holds weights alone. '
            'tools/model_converters/export_weights.py writes files with both'
        )
    return state, metadata


def _build(model: dict[str, Any], source: str) -> BaseModel:
    for kind in _types(model):
        if not _is_registered(kind):
            raise CheckpointError(
                f'{source} has a component {kind!r}, which mmavl does not know; import the '
                'package that registers it first'
            )
    with DefaultScope.overwrite_default_scope('mmavl'):
        return MODELS.build(model)


def _types(node: Any) -> Iterator[str]:
    """Every ``type`` of a config."""
    for entry in _dicts(node):
        if 'type' in entry:
            yield entry['type']


def _dicts(node: Any) -> Iterator[dict]:
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list | tuple):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _dicts(value)


def _is_registered(kind: Any) -> bool:
    # mmengine would import and call anything that 'package.function' names
    node: Registry | None = MODELS
    while node is not None:
        node.import_from_location()
        if kind in node.module_dict:
            return True
        node = node.parent
    return False


def _plain(node: Any, key: str = '') -> Any:
    """A config as JSON has it, components by their bare names."""
    if isinstance(node, dict):
        return {str(k): _plain(v, k) for k, v in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(item) for item in node]
    if key == 'type' or isinstance(node, type):
        return component_name(node)
    return node if node is None or isinstance(node, bool | int | float | str) else str(node)


def _numbers_of_classes(model: dict[str, Any]) -> set[int]:
    counts = {entry.get('num_classes') for entry in _dicts(model)}
    return counts - {None}
