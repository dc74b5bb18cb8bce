"""Reading ``.pth`` and ``.safetensors`` files: only data, fully checked, with bounded memory."""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from safetensors.torch import load_file
from torch import Tensor

from mmavl.errors import CheckpointError

from .failures import first_line
from .strict_json import brief
from .zip_files import is_zip, zip_problem

#: How much larger than the file its tensors may be: some files name a tensor more than once.
_REPEATED = 16
_SPARE = 2**20


def _history_statistic(owner: type, name: str) -> Any:
    """Replace ``getattr``, which the pickled log history of mmengine calls."""
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise pickle.UnpicklingError(f'the file requests {owner!r}.{name}')


#: What mmengine's checkpoints contain besides tensors: numbers, and the log history.
_PLAIN_DATA = [
    HistoryBuffer,
    (_history_statistic, 'builtins.getattr'),
    np.ndarray,
    np.dtype,
    np.ndarray.__reduce__(np.empty(0))[0],
    np.float64(0).__reduce__()[0],
    *(getattr(np.dtypes, name) for name in np.dtypes.__all__),
    # their names in numpy 1
    (np.ndarray.__reduce__(np.empty(0))[0], 'numpy.core.multiarray._reconstruct'),
    (np.float64(0).__reduce__()[0], 'numpy.core.multiarray.scalar'),
]

#: Keys under which others keep the state dict.
_OTHER_NAMES = ('model', 'model_state_dict')


def read_tensor_file(path: Path) -> dict[str, Any]:
    """Read a file of tensors to the CPU, without executing code from it.

    Args:
        path (Path): A ``.safetensors`` file, or a file written by ``torch.save``.

    Returns:
        dict: The content of the file; its state dict is always under 'state_dict'.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It has no state dict, contains more than data, or is damaged: truncated,
            or, for ``.pth`` files, with a wrong checksum.
    """
    if not path.is_file():
        raise FileNotFoundError(f'weight file not found: {path}')
    if path.suffix == '.safetensors':
        return {'state_dict': _read_safetensors(path)}
    content = _read_torch(path)
    if not isinstance(content, dict):
        raise CheckpointError(f'{path} contains a {type(content).__name__}, not a state dict')
    if 'state_dict' not in content:
        name = next((n for n in _OTHER_NAMES if isinstance(content.get(n), Mapping)), None)
        rest = {key: value for key, value in content.items() if key != name}
        content = {**rest, 'state_dict': content[name]} if name else {'state_dict': content}
    check_state(content['state_dict'], path)
    return content


def read_layout(path: Path) -> Any:
    """Read a file written by ``torch.save`` without the values of its tensors.

    This takes milliseconds, also for large files. Checksums are not verified.

    Raises:
        CheckpointError: It contains more than data, or is damaged.
    """
    problem = zip_problem(path, check_sums=False) if is_zip(path) else ''
    if problem:
        raise CheckpointError(f'{path} {problem}')
    return _load(path, 'meta')


def _read_torch(path: Path) -> Any:
    problem = zip_problem(path) if is_zip(path) else ''
    if problem:
        raise CheckpointError(f'{path} {problem}')
    return _load(path, 'cpu')


def _load(path: Path, device: str) -> Any:
    if path.stat().st_size == 0:
        raise CheckpointError(f'{path} is empty')
    try:
        with torch.serialization.safe_globals(_PLAIN_DATA):
            return torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        name = re.search(r'GLOBAL (\S+)', str(error))
        what = f'{name[1]:.100}' if name else 'something else'
        raise CheckpointError(
            f'{path} contains more than tensors and plain data ({what}), or is damaged; it was '
            'not loaded, since that could execute code'
        ) from error
    except Exception as error:  # torch raises almost any type on damaged files
        raise CheckpointError(
            f'{path} is damaged or not a checkpoint: {first_line(error)}'
        ) from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except Exception as error:
        raise CheckpointError(
            f'{path} is damaged or not a safetensors file: {first_line(error)}'
        ) from error


def check_state(state: Any, path: Path) -> None:
    """Raise a CheckpointError unless these are named tensors that fit into the file's size.

    A tensor with strides of 0 takes no space in a file, but may take terabytes when copied.
    """
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path} has a {type(state).__name__} as 'state_dict'")
    size = 0
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise CheckpointError(
                f'{path} has no state dict: {brief(name)} is a {type(value).__name__}, not a '
                'tensor'
            )
        if value.layout != torch.strided or value.device.type != 'cpu' or value.is_quantized:
            raise CheckpointError(f'{path}: tensor {brief(name)} is not an ordinary dense tensor')
        size += value.numel() * value.element_size()
    if size > _REPEATED * path.stat().st_size + _SPARE:
        raise CheckpointError(
            f'{path} has {path.stat().st_size:,} bytes, but its tensors would take {size:,}'
        )
