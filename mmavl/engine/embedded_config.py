"""Allow-list for configs inside model files: registered components and plain values.

A model file is untrusted. Only what inference needs is taken from its config, and all of
it is checked before anything is built.
"""

import math
import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from mmengine.model import BaseModel
from mmengine.registry import DefaultScope, Registry

from mmavl.errors import CheckpointError
from mmavl.registry import MODELS, TRANSFORMS
from mmavl.utils.allocation_limit import AllocationLimit
from mmavl.utils.failures import first_line
from mmavl.utils.strict_json import DEEPEST, brief

#: Keys by which mmengine or a component imports, reads or downloads something.
_REFUSED = {
    'init_cfg', 'custom_imports', 'checkpoint', 'checkpoint_path', 'pretrained_cfg',
    'pretrained_cfg_overlay', 'cache_dir', 'ann_file', 'data_root', 'data_prefix', 'img_prefix',
    'backend_args', 'file_client_args', 'load_from',
}  # fmt: skip
#: Keys whose text is the location of a file.
_LOCATIONS = {'weights', 'sha256', 'labels', 'path', 'file', 'url', 'location', 'folder', 'root'}
#: Text must be a name or a choice, e.g. timm's 'resnet18.tv_in1k', not a path or address.
_TEXT = re.compile(r'[\w .,+()&\'-]{0,100}')
_FILE = re.compile(r'.*\.(pth?|bin|ckpt|safetensors|onnx|np[yz]|pkl|json|py|csv|txt|zip)', re.I)
#: Maximum magnitude of numbers by key; :data:`_LARGEST` for any other key.
_LARGEST = 1_000_000
_LIMITS = {
    'seconds': 120, 'train_seconds': 120, 'sample_rate': 384_000, 'n_fft': 16_384,
    'win_length': 16_384, 'n_mels': 1024, 'num_mels': 1024, 'templates': 1024, 'iterations': 1000,
    'num_layers': 100, 'num_blocks': 100, 'levels': 100, 'depth': 100, 'seed': 2**64,
}  # fmt: skip
_MOST_VALUES = 20_000
_MOST_PIXELS = 2048 * 2048
#: Maximum elements of a spectrogram of the pipeline's sound, and of a resampling kernel.
_MOST_CELLS = 2**26
#: Bytes allowed for a model's buffers: windows, filter banks, position tables.
_BUFFERS = 2**28


def inference_parts(config: Any, source: str) -> dict[str, Any]:
    """Extract the model and the test pipeline from a config, checked.

    Args:
        config (Any): The config in the file, parsed from JSON.
        source (str): The file's name, for messages.

    Returns:
        dict: ``model`` and, if present, ``test_dataloader.dataset.pipeline``.

    Raises:
        CheckpointError: There is no model, or something that is not allowed in a file.
    """
    if not isinstance(config, dict) or not isinstance(config.get('model'), dict):
        raise CheckpointError(f'{source} has no model in its config')
    dataset = config.get('test_dataloader')
    for _ in range(DEEPEST):
        if not isinstance(dataset, dict) or 'pipeline' in dataset:
            break
        dataset = dataset.get('dataset')
    pipeline = dataset.get('pipeline') if isinstance(dataset, dict) else None
    steps = isinstance(pipeline, list) and all(
        isinstance(step, dict) and 'type' in step for step in pipeline
    )
    if pipeline is not None and not steps:
        raise CheckpointError(f'{source} has no list of transforms as pipeline: {brief(pipeline)}')
    try:
        _check_tree(config['model'], MODELS)
        _check_tree(pipeline or [], TRANSFORMS)
        _check_rates([*_values(config['model']), *_values(pipeline or [])])
    except ValueError as error:
        raise CheckpointError(f'{source} {error}') from error
    parts = {'model': config['model']}
    if pipeline is not None:
        parts['test_dataloader'] = {'dataset': {'pipeline': pipeline}}
    return parts


def build_embedded(parts: dict[str, Any], size: int, source: str) -> BaseModel:
    """Build the model from :func:`inference_parts`, and check that its transforms can be built.

    Args:
        parts (dict): From :func:`inference_parts`.
        size (int): Bytes of the file's tensors, which limit those of the model.
        source (str): The file's name, for messages.

    Returns:
        BaseModel: With random weights.

    Raises:
        CheckpointError: The model cannot be built, or is larger than the file's tensors.
    """
    dataset = parts.get('test_dataloader', {}).get('dataset', {})
    try:
        with DefaultScope.overwrite_default_scope('mmavl'), AllocationLimit(2 * size + _BUFFERS):
            model = MODELS.build(parts['model'])
            for step in dataset.get('pipeline', []):
                TRANSFORMS.build(step)
    except MemoryError as error:
        raise CheckpointError(
            f'{source} has a config for a larger model than its tensors: {error}'
        ) from error
    except Exception as error:  # components raise any error for untrusted arguments
        raise CheckpointError(
            f'{source} has a config that cannot be built: {first_line(error)}'
        ) from error
    if not isinstance(model, BaseModel):
        raise CheckpointError(f'{source} builds {type(model).__name__}, which is not a model')
    return model


def _values(node: Any, key: str = '') -> Iterator[tuple[str, Any]]:
    """All nodes of a tree, each with its key (or that of its list)."""
    level = [(key, node)]
    for _ in range(DEEPEST):
        yield from level
        level = [
            (name, value)
            for key, node in level
            if isinstance(node, dict | list | tuple)
            for name, value in (
                node.items() if isinstance(node, dict) else ((key, item) for item in node)
            )
        ]
        if not level:
            return
    raise ValueError(f'has a config nested deeper than {DEEPEST} levels')


def _check_tree(tree: Any, registry: Registry) -> None:
    registry.import_from_location()
    for number, (key, value) in enumerate(_values(tree)):
        if number > _MOST_VALUES:
            raise ValueError(f'has a config of more than {_MOST_VALUES} values')
        if isinstance(value, dict):
            _check_keys(value, registry)
        elif isinstance(value, str) and key != 'type':
            _check_text(key, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            most = _LIMITS.get(key, _LARGEST)
            if not -most <= value <= most:
                raise ValueError(
                    f'has {key}={brief(value)} in its config; at most {most} is allowed'
                )
        elif _is_size(value) and abs(math.prod(value)) > _MOST_PIXELS:
            raise ValueError(f'has a value in its config that is too large: {key}={brief(value)}')


def _is_size(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)


def _check_keys(entry: dict, registry: Registry) -> None:
    for key in entry:
        if key in _REFUSED or not key.isidentifier() or key.startswith('_'):
            raise ValueError(f'has {brief(key)} in its config, which is not allowed in a file')
    if entry.get('pretrained'):
        raise ValueError("has 'pretrained' in its config, which would download weights")
    kind = entry.get('type')
    if 'type' in entry and not (isinstance(kind, str) and kind in registry.module_dict):
        raise ValueError(
            f'has an unknown component {brief(kind)}; import the package that '
            f'registers it with mmavl.registry.{registry.name.upper()}S first'
        )


def _check_text(key: str, text: str) -> None:
    if key in _LOCATIONS:
        raise ValueError(f'names a file in its config: {key}={brief(text)}')
    if not _TEXT.fullmatch(text) or _FILE.fullmatch(text):
        raise ValueError(f'has a text in its config that is not a plain name: {key}={brief(text)}')


def _check_rates(values: Iterable[tuple[str, Any]]) -> None:
    """Limit the sizes computed from sounds: a rate or hop of 1 could take any amount of memory."""
    numbers = [(k, v) for k, v in values if isinstance(v, int | float) and v is not True]
    greatest = {key: max(v for k, v in numbers if k == key) for key, _ in numbers}
    rates = {v for k, v in numbers if k == 'sample_rate'}
    for rate in rates:
        if not isinstance(rate, int) or rate < 1000:
            raise ValueError(f'has sample_rate={rate} in its config; at least 1000 Hz is required')
    whole = [rate for rate in rates if isinstance(rate, int)]  # all of them
    for one, other in combinations(whole, 2):
        if one * other > _MOST_CELLS * math.gcd(one, other) ** 2:
            raise ValueError(f'resamples from {one} to {other} Hz, which have no common divisor')
    hops = [v for k, v in numbers if k == 'hop_length']
    if any(hop < 1 for hop in hops):
        raise ValueError(f'has hop_length={min(hops)} in its config; at least 1 is required')
    samples = greatest.get('seconds', 10) * max(rates, default=0)
    cells = samples / min(hops, default=256) * greatest.get('n_fft', 1024) / 2
    if max(samples, cells) > _MOST_CELLS:
        raise ValueError(
            f'makes spectrograms of {cells:,.0f} values from {samples:,.0f} samples; '
            f'at most {_MOST_CELLS:,} are allowed'
        )
