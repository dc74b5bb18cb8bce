"""What taggers and classifiers of the package transformers share."""

from contextlib import nullcontext
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType
from typing import Any

from safetensors import SafetensorError

from mmavl.errors import CheckpointError
from mmavl.utils.failures import first_line
from mmavl.utils.hub import fetching

_UNREADABLE = (OSError, RuntimeError, ValueError, SafetensorError)


def transformers_for(component: str) -> ModuleType:
    """The package transformers.

    Args:
        component (str): What needs it, for the message.

    Raises:
        ModuleNotFoundError: It is not installed; says how to install it.
    """
    try:
        import transformers
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'{component} needs transformers. Run: pip install transformers==5.24.0'
        ) from error
    return transformers


def load_all(weights: str, *kinds: type) -> list[Any]:
    """``from_pretrained`` of several classes for one name on the hub, or one folder.

    Args:
        weights (str): The name, or the folder.
        *kinds (type): The network's class, then those of what it needs.

    Raises:
        ConnectionError: A file is not on this machine and cannot be fetched.
        CheckpointError: The weights are another model's; the folder lacks a file, or one of its
            files is damaged or holds more than data.
    """
    local = Path(weights).is_dir()
    advice = 'and its config, as save_pretrained writes them, in one folder'
    try:
        with nullcontext() if local else fetching(weights, advice):
            loaded = [kind.from_pretrained(weights) for kind in kinds[1:]]
            net, report = kinds[0].from_pretrained(
                weights, output_loading_info=True, ignore_mismatched_sizes=True
            )
    except ConnectionError:
        raise
    except UnpicklingError as error:  # its own message advises to load it all the same
        raise CheckpointError(
            f'{weights} holds more than tensors, or is damaged; it is not loaded, since that '
            'could execute code'
        ) from error
    except _UNREADABLE as error:
        raise CheckpointError(f'{weights} cannot be read: {first_line(error)}') from error
    _check(report, f'{weights} does not fit {kinds[0].__name__}')
    return [net.eval(), *loaded]


def _check(report: dict[str, Any], problem: str) -> None:
    """Raise a CheckpointError unless each tensor of the network was in the file, in its shape."""
    if missing := sorted(report['missing_keys']):
        raise CheckpointError(
            f'{problem}: it has no {missing[0]!r} ({len(missing)} tensors are missing)'
        )
    if mismatched := sorted(report['mismatched_keys']):
        name, shape, expected = mismatched[0]
        raise CheckpointError(f'{problem}: {name!r} is {tuple(shape)}, not {tuple(expected)}')
