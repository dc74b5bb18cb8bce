"""Reading checkpoints: tensors only, and never silently the wrong ones."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mmavl.errors import CheckpointError, ConfigError
from mmavl.utils.strict_json import brief
from mmavl.utils.tensor_files import read_tensor_file


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint to the CPU without executing code from it.

    Args:
        path (str | Path): A ``.pth`` file of mmengine, one with nothing but a state dict, or a
            ``.safetensors`` file.

    Returns:
        dict: The file's content; with the key 'state_dict' in any case.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The file is not a checkpoint, is damaged, or holds more than data; see
            :func:`mmavl.utils.tensor_files.read_tensor_file`.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint not found: {path}{_neighbours(path)}')
    return read_tensor_file(path)


def checkpoint_metainfo(checkpoint: dict[str, Any], source: str | Path) -> dict[str, Any]:
    """What a checkpoint says of the data that its model was trained on.

    Args:
        checkpoint (dict): Of :func:`load_checkpoint`.
        source (str | Path): Its name, for messages.

    Returns:
        dict: With 'classes', a list of distinct names; empty where it names none.

    Raises:
        CheckpointError: What stands there is not that.
    """
    meta = checkpoint.get('meta') or {}
    data = (meta.get('dataset_meta') if isinstance(meta, dict) else meta) or {}
    if not isinstance(data, dict):
        raise CheckpointError(f'{source} has no dict as meta.dataset_meta, but {brief(data)}')
    classes = data.get('classes') or data.get('CLASSES')  # mmdet's until 2022
    if not classes:
        return {}
    names = isinstance(classes, list | tuple) and all(isinstance(name, str) for name in classes)
    if not names or len(set(classes)) < len(classes):
        raise CheckpointError(f'{source} has no distinct names as classes, but {brief(classes)}')
    return {**data, 'classes': list(classes)}


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
        CheckpointError: They differ and ``strict``, they have nothing in common, or a tensor
            holds nan or inf.
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
    for name, tensor in fitting.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(
                f'{source} holds nan or inf in {name}: its training diverged, or it is damaged'
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
