"""Reading files of tensors, ``.pth`` and ``.safetensors``: data only, whole, and bounded."""

import pickle
import re
import zipfile
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
from .zip_files import zip_problem

#: How many times a file's size its tensors may have: some save one tensor under several names.
_REPEATED = 16
_SPARE = 2**20


def _history_statistic(owner: type, name: str) -> Any:
    """Stand in for ``getattr``, which mmengine's log history asks for when it is unpickled."""
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise pickle.UnpicklingError(f'the file asks for {owner!r}.{name}')


#: What a checkpoint of mmengine holds in addition to tensors: numbers, and the log's history.
_PLAIN_DATA = [
    HistoryBuffer,
    (_history_statistic, 'builtins.getattr'),
    np.ndarray,
    np.dtype,
    np.ndarray.__reduce__(np.empty(0))[0],
    np.float64(0).__reduce__()[0],
    *(getattr(np.dtypes, name) for name in np.dtypes.__all__),
    # as numpy 1 names them
    (np.ndarray.__reduce__(np.empty(0))[0], 'numpy.core.multiarray._reconstruct'),
    (np.float64(0).__reduce__()[0], 'numpy.core.multiarray.scalar'),
]


def read_tensor_file(path: Path) -> dict[str, Any]:
    """Read a file of tensors to the CPU; no code from it is executed.

    Args:
        path (Path): A ``.safetensors`` file, or one that ``torch.save`` wrote.

    Returns:
        dict: The file's content, with a state dict under 'state_dict' in any case.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It holds no state dict, holds more than data, or is damaged: cut short, or
            with a changed bit, which a check sum of each tensor shows in a ``.pth`` file.
    """
    if not path.is_file():
        raise FileNotFoundError(f'weight file not found: {path}')
    if path.suffix == '.safetensors':
        return {'state_dict': _read_safetensors(path)}
    content = _read_torch(path)
    if not isinstance(content, dict):
        raise CheckpointError(f'{path} holds a {type(content).__name__}, not a state dict')
    if 'state_dict' not in content:
        if isinstance(content.get('model'), Mapping):  # as others name it
            content = {**content, 'state_dict': content['model']}
            del content['model']
        else:
            content = {'state_dict': content}
    check_state(content['state_dict'], path)
    return content


def _read_torch(path: Path) -> Any:
    problem = zip_problem(path) if zipfile.is_zipfile(path) else ''
    if problem:
        raise CheckpointError(f'{path} {problem}')
    try:
        with torch.serialization.safe_globals(_PLAIN_DATA):
            return torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        name = re.search(r'GLOBAL (\S+)', str(error))
        what = f'{name[1]:.100}' if name else 'something else'
        raise CheckpointError(
            f'{path} holds more than tensors and plain data ({what}), or is damaged; it is not '
            'loaded, since that could execute code'
        ) from error
    except Exception as error:  # torch raises nearly any type on broken input
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
    """Raise a CheckpointError unless these are named tensors, not larger than the file can hold.

    A tensor with strides of 0 takes no place in a file, and terabytes when it is copied.
    """
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path} holds a {type(state).__name__} as 'state_dict'")
    size = 0
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise CheckpointError(
                f'{path} holds no state dict: {brief(name)} is a {type(value).__name__}, not a '
                'tensor'
            )
        if value.layout != torch.strided or value.device.type != 'cpu' or value.is_quantized:
            raise CheckpointError(f'{path} holds a tensor {brief(name)} that is not a plain one')
        size += value.numel() * value.element_size()
    if size > _REPEATED * path.stat().st_size + _SPARE:
        raise CheckpointError(
            f'{path} has {path.stat().st_size:,} bytes, and its tensors would take {size:,}'
        )
