"""Checkpoints that a method's authors published, as mmavl's."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from torch import Tensor, nn

from mmavl.errors import CheckpointError

from .checkpoint import load_checkpoint, load_state


def load_published(model: nn.Module, path: str | Path) -> dict[str, Tensor]:
    """Read a published checkpoint into a model, every tensor or none.

    Args:
        model (nn.Module): With ``published_names``, prefixes of the published names -> prefixes of
            mmavl's, ``published_ignored``, prefixes of tensors that the method never uses, and,
            where it has such, ``published_without``, parts that were published elsewhere.
        path (str | Path): The published file.

    Returns:
        dict[str, Tensor]: The model's state dict.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is not a checkpoint of this method, or of one with other widths.
    """
    state = load_checkpoint(path)['state_dict']
    names = cast(Mapping[str, str], model.published_names)
    ignored = cast(tuple[str, ...], model.published_ignored)
    renamed = rename_published(state, names, ignored, type(model).__name__, path)
    # the second stage of a method has weights of its own
    without = ['map_transforms', *getattr(model, 'published_without', ())]
    load_state(model, renamed, str(path), strict=True, without=without)
    return model.state_dict()


def rename_published(
    state: Mapping[str, Tensor],
    names: Mapping[str, str],
    ignored: tuple[str, ...],
    method: str,
    source: str | Path,
) -> dict[str, Tensor]:
    """Rename tensors by the longest prefix that fits; leave out those that are ignored.

    A ``module.`` in front, of training on several GPUs, is dropped.

    Raises:
        CheckpointError: A tensor is neither known nor ignored.
    """
    renamed, unknown = {}, []
    for full_name, tensor in state.items():
        name = full_name.removeprefix('module.')
        prefix = max((p for p in (*names, *ignored) if name.startswith(p)), key=len, default=None)
        if prefix is None:
            unknown.append(name)
        elif prefix in names:
            renamed[names[prefix] + name.removeprefix(prefix)] = tensor
    if unknown:
        parts = sorted({prefix.split('.')[0] for prefix in names})
        raise CheckpointError(
            f'{source} is not a checkpoint of {method}: {len(unknown)} of its {len(state)} '
            f'tensors belong to none of {", ".join(parts)}, e.g. {unknown[0]!r}'
        )
    return renamed
