"""The trained parts of a model in a small file, without the frozen backbones."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from safetensors.torch import save
from torch import Tensor, nn

from mmavl import __version__
from mmavl.engine.checkpoint import load_state
from mmavl.engine.config import config_errors, load_config
from mmavl.errors import CheckpointError
from mmavl.models.backbones import FrozenBackbone
from mmavl.registry import MODELS
from mmavl.utils.files import atomic_write
from mmavl.utils.metadata import read_metadata
from mmavl.utils.shipped import find_config, named_config
from mmavl.utils.strict_json import parse_json
from mmavl.utils.tensor_files import read_tensor_file

FORMAT_VERSION = 1
#: Metadata entries of such a file.
ENTRIES = ('parts_version', 'config_name', 'config', 'classes', 'provenance')


def frozen_parts(model: nn.Module) -> list[str]:
    """Names of the submodules whose weights come from their config."""
    return [name for name, part in model.named_modules() if isinstance(part, FrozenBackbone)]


def save_trained_parts(
    path: str | Path,
    config_name: str,
    state: Mapping[str, Tensor],
    classes: Sequence[str],
    provenance: Mapping[str, str],
) -> None:
    """Write the trained parts of a checkpoint in float16.

    Args:
        path (str | Path): The file, ``.safetensors``.
        config_name (str): One of mmavl's configs, e.g. 'stage2_scenes'.
        state (Mapping[str, Tensor]): The whole model's state dict.
        classes (Sequence[str]): Class names, in the order of the tags.
        provenance (Mapping[str, str]): Description and origin: 'title', 'commands',
            'commit', 'figures', ...

    Raises:
        CheckpointError: The state does not fit the config's model.
        FileNotFoundError: mmavl has no such config, or a pretrained network is not installed.
    """
    cfg = load_config(find_config(config_name))
    model = _build(cfg)
    load_state(model, dict(state), 'the checkpoint', strict=True)
    left_out = tuple(f'{name}.' for name in frozen_parts(model))
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
        if not name.startswith(left_out)
    }
    metadata = {
        'parts_version': str(FORMAT_VERSION),
        'mmavl_version': __version__,
        'config_name': config_name,
        'config': cfg.pretty_text,
        'classes': json.dumps(list(classes)),
        'provenance': json.dumps(dict(provenance), indent=1),
    }
    with atomic_write(path, 'wb') as file:
        file.write(save(tensors, metadata))


def load_trained_parts(path: str | Path, device: str | torch.device = 'cpu') -> nn.Module:
    """Build the model of a file written by :func:`save_trained_parts`.

    The model is built from mmavl's own config with the name in the file; the config text in the
    file is informative and never used. So nothing from an untrusted file is executed.

    Args:
        path (str | Path): The ``.safetensors`` file.
        device (str | torch.device): Device for the model. Defaults to 'cpu'.

    Returns:
        nn.Module: In evaluation mode, with ``cfg`` (Config) and ``dataset_meta`` (dict with
        'classes') as attributes.

    Raises:
        CheckpointError: The file is damaged, has a newer format, or does not fit the config.
        FileNotFoundError: mmavl has no such config, or a pretrained network is not installed.
    """
    metadata = read_metadata(path, ENTRIES)
    try:
        version, classes = int(metadata['parts_version']), parse_json(metadata['classes'])
    except ValueError as error:
        raise CheckpointError(f'{path} has damaged metadata: {error}') from error
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f'{path} has format {version}, mmavl {__version__} reads up to {FORMAT_VERSION}'
        )
    cfg = load_config(_own_config(metadata['config_name'], path))
    model = _build(cfg)
    state = read_tensor_file(Path(path))['state_dict']
    load_state(model, state, str(path), strict=True, without=frozen_parts(model))
    model.cfg, model.dataset_meta = cfg, {'classes': classes}
    return model.to(device).eval()


def _own_config(name: str, path: str | Path) -> Path:
    """The file of one of mmavl's configs, and never any other file."""
    place = named_config(name)
    if place is None:
        raise CheckpointError(f'{path}: mmavl has no config {name!r:.100}')
    return place


def _build(cfg: Config) -> Any:
    with config_errors(cfg, 'model'), DefaultScope.overwrite_default_scope('mmavl'):
        return MODELS.build(cfg.model)
