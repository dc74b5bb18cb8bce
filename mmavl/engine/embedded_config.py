"""What the config inside a model file may say: registered components and plain values.

Whoever makes such a file is a stranger. So only what inference needs is taken from it, by an
allow-list, and all of it is looked at before anything is built.
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

#: Keys that make mmengine or a component import, read or download something.
_REFUSED = {
    'init_cfg', 'custom_imports', 'checkpoint', 'checkpoint_path', 'pretrained_cfg',
    'pretrained_cfg_overlay', 'cache_dir', 'ann_file', 'data_root', 'data_prefix', 'img_prefix',
    'backend_args', 'file_client_args', 'load_from',
}  # fmt: skip
#: Keys that say, as text, where a file is.
_LOCATIONS = {'weights', 'sha256', 'labels', 'path', 'file', 'url', 'location', 'folder', 'root'}
#: Text is a name or a choice, e.g. timm's 'resnet18.tv_in1k', and no path or address.
_TEXT = re.compile(r'[\w .,+()&\'-]{0,100}')
_FILE = re.compile(r'.*\.(pth?|bin|ckpt|safetensors|onnx|np[yz]|pkl|json|py|csv|txt|zip)', re.I)
#: Greatest size of a number, by its key; of any other :data:`_LARGEST`.
_LARGEST = 1_000_000
_LIMITS = {
    'seconds': 120, 'train_seconds': 120, 'sample_rate': 384_000, 'n_fft': 16_384,
    'win_length': 16_384, 'n_mels': 1024, 'num_mels': 1024, 'templates': 1024, 'iterations': 1000,
    'num_layers': 100, 'num_blocks': 100, 'levels': 100, 'depth': 100, 'seed': 2**64,
}  # fmt: skip
_MOST_VALUES = 20_000
_MOST_PIXELS = 2048 * 2048
#: Elements of a spectrogram of the pipeline's sound, and of the kernel that resamples it.
_MOST_CELLS = 2**26
#: Bytes that a model makes in addition to its weights: windows, filter banks, tables of positions.
_BUFFERS = 2**28


def inference_parts(config: Any, source: str) -> dict[str, Any]:
    """Take the model and the test pipeline out of a whole config, checked.

    Args:
        config (Any): What the file holds, as JSON gives it.
        source (str): The file's name, for messages.

    Returns:
        dict: ``model`` and, where there is one, ``test_dataloader.dataset.pipeline``.

    Raises:
        CheckpointError: It has no model, or says what a file may not say.
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
    """Build the model of :func:`inference_parts`, and see that its transforms can be built.

    Args:
        parts (dict): Of :func:`inference_parts`.
        size (int): Bytes of the file's tensors, which bound those of the model.
        source (str): The file's name, for messages.

    Returns:
        BaseModel: With random weights.

    Raises:
        CheckpointError: It cannot be built, or is larger than the file's tensors.
    """
    dataset = parts.get('test_dataloader', {}).get('dataset', {})
    try:
        with DefaultScope.overwrite_default_scope('mmavl'), AllocationLimit(2 * size + _BUFFERS):
            model = MODELS.build(parts['model'])
            for step in dataset.get('pipeline', []):
                TRANSFORMS.build(step)
    except MemoryError as error:
        raise CheckpointError(
            f'{source} has a config for a larger model than its tensors are for: {error}'
        ) from error
    except Exception as error:  # a component raises what it likes at arguments of strangers
        raise CheckpointError(
            f'{source} has a config from which no model can be built: {first_line(error)}'
        ) from error
    if not isinstance(model, BaseModel):
        raise CheckpointError(f'{source} builds {type(model).__name__}, which is not a model')
    return model


def _values(node: Any, key: str = '') -> Iterator[tuple[str, Any]]:
    """Every node of a tree with the key under which it or its list stands."""
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
                    f'has {key}={brief(value)} in its config, where at most {most} is allowed'
                )
        elif _is_size(value) and abs(math.prod(value)) > _MOST_PIXELS:
            raise ValueError(f'has {key}={brief(value)} in its config, which is too large')


def _is_size(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)


def _check_keys(entry: dict, registry: Registry) -> None:
    for key in entry:
        if key in _REFUSED or not key.isidentifier() or key.startswith('_'):
            raise ValueError(f'has {brief(key)} in its config, which a file may not have')
    if entry.get('pretrained'):
        raise ValueError("has 'pretrained' in its config, which would download weights")
    kind = entry.get('type')
    if 'type' in entry and not (isinstance(kind, str) and kind in registry.module_dict):
        raise ValueError(
            f'has a component {brief(kind)}, which mmavl does not know; import the package that '
            f'registers it with mmavl.registry.{registry.name.upper()}S first'
        )


def _check_text(key: str, text: str) -> None:
    if key in _LOCATIONS:
        raise ValueError(f'names a file in its config: {key}={brief(text)}')
    if not _TEXT.fullmatch(text) or _FILE.fullmatch(text):
        raise ValueError(f'has a text in its config that is not a plain name: {key}={brief(text)}')


def _check_rates(values: Iterable[tuple[str, Any]]) -> None:
    """Bound what the sound is made into: a rate or a hop of 1 can take any memory."""
    numbers = [(k, v) for k, v in values if isinstance(v, int | float) and v is not True]
    greatest = {key: max(v for k, v in numbers if k == key) for key, _ in numbers}
    rates = {v for k, v in numbers if k == 'sample_rate'}
    for rate in rates:
        if not isinstance(rate, int) or rate < 1000:
            raise ValueError(f'has sample_rate={rate} in its config, not 1000 Hz or more')
    for one, other in combinations(rates, 2):
        if one * other > _MOST_CELLS * math.gcd(one, other) ** 2:
            raise ValueError(f'resamples from {one} to {other} Hz, which have no common divisor')
    hops = [v for k, v in numbers if k == 'hop_length']
    if any(hop < 1 for hop in hops):
        raise ValueError(f'has hop_length={min(hops)} in its config, not 1 or more')
    samples = greatest.get('seconds', 10) * max(rates, default=0)
    cells = samples / min(hops, default=256) * greatest.get('n_fft', 1024) / 2
    if max(samples, cells) > _MOST_CELLS:
        raise ValueError(
            f'makes spectrograms of {cells:,.0f} values of {samples:,.0f} samples; '
            f'at most {_MOST_CELLS:,} are allowed'
        )
