"""Reading checkpoints: tensors only, and never silently the wrong ones."""

import pickle
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from mmavl.errors import CheckpointError, ConfigError


def _history_statistic(owner: type, name: str) -> Any:
    """Stand in for ``getattr``, which mmengine's log history asks for when it is unpickled."""
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise pickle.UnpicklingError(f'the file asks for {owner!r}.{name}')


#: What mmengine writes into a checkpoint beside tensors: numbers and the history of the log.
_PLAIN_DATA = [
    HistoryBuffer,
    (_history_statistic, 'builtins.getattr'),
    np.ndarray,
    np.dtype,
    np.ndarray.__reduce__(np.empty(0))[0],
    np.float64(0).__reduce__()[0],
    *(getattr(np.dtypes, name) for name in np.dtypes.__all__),
]


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint to the CPU without executing code from it.

    Args:
        path (str | Path): A ``.pth`` file of mmengine, one with nothing but a state dict, or a
            ``.safetensors`` file.

    Returns:
        dict: The file's content; with the key 'state_dict' in any case.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The file is no checkpoint, is damaged, or holds more than data.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint not found: {path}{_neighbours(path)}')
    if path.suffix == '.safetensors':
        return {'state_dict': _read_safetensors(path)}
    try:
        with torch.serialization.safe_globals(_PLAIN_DATA):
            content = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        name = re.search(r'GLOBAL (\S+)', str(error))
        what = f'{name[1]}' if name else 'something else'
        raise CheckpointError(
            f'{path} holds more than tensors and plain data ({what}), or is damaged; it is not '
            'loaded, since that could execute code'
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise CheckpointError(f'{path} is damaged or no checkpoint: {error}') from error
    if not isinstance(content, dict):
        raise CheckpointError(f'{path} holds a {type(content).__name__}, not a state dict')
    return content if 'state_dict' in content else {'state_dict': content}


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f'{path} is damaged or no safetensors file: {error}') from error


def _neighbours(path: Path) -> str:
    names = sorted(p.name for p in path.parent.glob('*.pth'))
    return f'; its folder holds {", ".join(names)}' if names else ''


def load_state(
    module: nn.Module,
    state: dict[str, Tensor],
    source: str,
    strict: bool,
    without: str | Sequence[str] = (),
) -> list[str]:
    """Copy the tensors of a state dict into a module.

    Args:
        module (nn.Module): The model.
        state (dict): Tensors by name; a leading ``module.`` is stripped.
        source (str): The checkpoint's name, for messages.
        strict (bool): Whether every tensor must have its counterpart.
        without (str | Sequence[str]): Parts that keep what they have, e.g. 'avc_head'. Defaults
            to ().

    Returns:
        list[str]: One line for each way in which the two differ.

    Raises:
        CheckpointError: They differ and ``strict``, or they have nothing in common.
        ConfigError: The module has no part of a name in ``without``.
    """
    without = [without] if isinstance(without, str) else without
    parts = dict(module.named_modules())
    for name in without:
        if not name or name not in parts:
            known = ', '.join(child for child, _ in module.named_children())
            raise ConfigError(f"load_without: the model has no part '{name}', but {known}")
    left_out = tuple(f'{name}.' for name in without)
    state = {name.removeprefix('module.'): tensor for name, tensor in state.items()}
    state = {k: v for k, v in state.items() if not k.startswith(left_out)}
    own = {k: v for k, v in module.state_dict().items() if not k.startswith(left_out)}
    fitting = {k: v for k, v in state.items() if k in own and v.shape == own[k].shape}
    differences = _differences(own, state)
    if not fitting:
        raise CheckpointError(
            f'{source} belongs to another model: none of its {len(state)} tensors fits.\n'
            + '\n'.join(differences)
        )
    if strict and differences:
        raise CheckpointError(
            f'{source} belongs to another model than this config builds: {len(fitting)} of '
            f'{len(own)} tensors fit.\n' + '\n'.join(differences)
        )
    module.load_state_dict(fitting, strict=False)
    if without:
        differences.append(f'left out (load_without): {", ".join(without)}')
    return differences


def _differences(own: dict[str, Tensor], state: dict[str, Tensor]) -> list[str]:
    missing = [k for k in own if k not in state and not k.endswith('num_batches_tracked')]
    unused = [k for k in state if k not in own]
    shapes = [
        f'{k} ({list(state[k].shape)} instead of {list(own[k].shape)})'
        for k in own
        if k in state and state[k].shape != own[k].shape
    ]
    return [
        f'{title}: {_shorten(names)}'
        for title, names in (
            ('not in the checkpoint', missing),
            ('not in the model', unused),
            ('of another shape', shapes),
        )
        if names
    ]


def _shorten(names: Iterable[str], limit: int = 12) -> str:
    names = list(names)
    more = f' and {len(names) - limit} more' if len(names) > limit else ''
    return ', '.join(names[:limit]) + more


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """Find the checkpoint that ``--resume`` goes on from.

    Args:
        work_dir (str | Path): The folder of an earlier run; it may have been moved since.

    Returns:
        Path | None: The checkpoint that was saved last; None where there is none.
    """
    work_dir = Path(work_dir)
    pointer = work_dir / 'last_checkpoint'
    if pointer.is_file() and (named := Path(pointer.read_text().strip())).name:
        for path in (named, work_dir / named.name):
            if path.is_file():
                return path
    saved = [p for p in work_dir.glob('*.pth') if re.match(r'(epoch|iter)_\d+$', p.stem)]
    return max(saved, key=lambda p: p.stat().st_mtime, default=None)
