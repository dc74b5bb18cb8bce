"""Reading checkpoints: only tensors, and never the wrong ones without an error."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mmavl.errors import CheckpointError, ConfigError
from mmavl.utils.files import missing_checkpoint
from mmavl.utils.strict_json import brief
from mmavl.utils.tensor_files import read_tensor_file

_OTHER_SHAPE = 'of another shape'


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint to the CPU without executing code from it.

    Args:
        path (str | Path): A ``.pth`` file of mmengine, a bare state dict, or a
            ``.safetensors`` file.

    Returns:
        dict: The content of the file, always with the key 'state_dict'.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The file is not a checkpoint, is damaged, or contains more than data; see
            :func:`mmavl.utils.tensor_files.read_tensor_file`.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(missing_checkpoint(path))
    return read_tensor_file(path)


def checkpoint_metainfo(checkpoint: dict[str, Any], source: str | Path) -> dict[str, Any]:
    """Read the metainfo of a model's training data from its checkpoint.

    Args:
        checkpoint (dict): From :func:`load_checkpoint`.
        source (str | Path): Its name, for messages.

    Returns:
        dict: With 'classes', a list of distinct names; empty if the checkpoint has none.

    Raises:
        CheckpointError: The metainfo is malformed.
    """
    meta = checkpoint.get('meta') or {}
    data = (meta.get('dataset_meta') if isinstance(meta, dict) else meta) or {}
    if not isinstance(data, dict):
        raise CheckpointError(f'{source}: meta.dataset_meta must be a dict, not {brief(data)}')
    classes = data.get('classes') or data.get('CLASSES')  # used by mmdet until 2022
    if not classes:
        return {}
    names = isinstance(classes, list | tuple) and all(isinstance(name, str) for name in classes)
    if not names or len(set(classes)) < len(classes):
        raise CheckpointError(f'{source}: classes must be distinct names, not {brief(classes)}')
    return {**data, 'classes': list(classes)}


def check_model_name(module: nn.Module, checkpoint: dict[str, Any], source: str) -> None:
    """Check that a checkpoint is of a model's class, where the checkpoint names its own.

    Tensors of different methods may have the same names and shapes.

    Raises:
        CheckpointError: It is of another class.
    """
    meta = checkpoint.get('meta')
    name = meta.get('model') if isinstance(meta, dict) else None
    if name is not None and name != type(module).__name__:
        raise CheckpointError(
            f'{source} belongs to another model: it was trained as {brief(name)}, but this config '
            f'builds {type(module).__name__}; use the config that it was trained with'
        )


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
        strict (bool): Whether all tensors must match.
        without (str | Sequence[str]): Parts to leave unchanged, e.g. 'avc_head', or tensors
            of the module itself. Defaults to ().

    Returns:
        list[str]: One line for each kind of difference.

    Raises:
        CheckpointError: They differ and ``strict`` is set, no tensor matches, a tensor has
            another shape, or it has nan or inf values.
        ConfigError: A name in ``without`` is not a part of the module.
    """
    without = [without] if isinstance(without, str) else without
    own = {name for name in module.state_dict() if '.' not in name}
    parts = {*own, *dict(module.named_modules())}
    for name in without:
        if not name or name not in parts:
            known = ', '.join(child for child, _ in module.named_children())
            raise ConfigError(f"load_without: '{name}' is not a part of the model ({known})")
    left_out = tuple(f'{name}.' for name in without)
    state = {name.removeprefix('module.'): tensor for name, tensor in state.items()}
    state = {k: v for k, v in state.items() if not f'{k}.'.startswith(left_out)}
    expected = {k: v for k, v in module.state_dict().items() if not f'{k}.'.startswith(left_out)}
    fitting = {k: v for k, v in state.items() if k in expected and v.shape == expected[k].shape}
    differences = _differences(expected, state)
    if not fitting:
        raise CheckpointError(
            f'{source} belongs to another model: none of its {len(state)} tensors fit.\n'
            + '\n'.join(differences)
        )
    if strict and differences:
        raise CheckpointError(
            f'{source} belongs to another model than this config: {len(fitting)} of '
            f'{len(expected)} tensors fit. Use the config that it was trained with.\n'
            + '\n'.join(differences)
        )
    _refuse_other_widths(expected, state, source, differences)
    if bad := first_non_finite(fitting.items()):
        raise CheckpointError(
            f'{source} has nan or inf in {bad}: its training diverged, or it is damaged'
        )
    module.load_state_dict(fitting, strict=False)
    if without:
        differences.append(f'left out (load_without): {", ".join(without)}')
    return differences


def _refuse_other_widths(
    expected: dict[str, Tensor], state: dict[str, Tensor], source: str, differences: list[str]
) -> None:
    wrong = [k for k, v in expected.items() if k in state and state[k].shape != v.shape]
    if wrong:
        parts = sorted({name.split('.')[0] for name in wrong})
        raise CheckpointError(
            f'{source} has weights of other widths than this config:\n'
            + '\n'.join(d for d in differences if d.startswith(_OTHER_SHAPE))
            + f'\nUse the widths that it was trained with, or load_without={parts} to train these '
            'parts from random weights.'
        )


def first_non_finite(tensors: Iterable[tuple[str, Tensor]]) -> str | None:
    """Name of the first tensor with NaN or infinite values; None if there is none."""
    for name, tensor in tensors:
        if tensor.is_floating_point() and not tensor.isfinite().all():
            return name
    return None


def _differences(expected: dict[str, Tensor], state: dict[str, Tensor]) -> list[str]:
    missing = [k for k in expected if k not in state and not k.endswith('num_batches_tracked')]
    unused = [k for k in state if k not in expected]
    shapes = [
        f'{k} ({list(state[k].shape)} instead of {list(expected[k].shape)})'
        for k in expected
        if k in state and state[k].shape != expected[k].shape
    ]
    return [
        f'{title}: {_shorten(names)}'
        for title, names in (
            ('not in the checkpoint', missing),
            ('not in the model', unused),
            (_OTHER_SHAPE, shapes),
        )
        if names
    ]


def _shorten(names: Iterable[str], limit: int = 12) -> str:
    names = list(names)
    more = f' and {len(names) - limit} more' if len(names) > limit else ''
    return ', '.join(names[:limit]) + more
