"""Loading models of the transformers package."""

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
    """Import the transformers package.

    Args:
        component (str): The component that needs it, for the message.

    Raises:
        ModuleNotFoundError: It is not installed; the message says how to install it.
    """
    try:
        import transformers
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'{component} needs transformers. Run: pip install transformers==5.24.0'
        ) from error
    return transformers


def load_all(weights: str, *kinds: Any) -> list[Any]:
    """Call ``from_pretrained`` of several classes for one hub name or folder.

    Args:
        weights (str): The name, or the folder.
        *kinds (type): The network's class, then its processors' classes.

    Raises:
        ConnectionError: A file is not on this machine and cannot be downloaded.
        CheckpointError: The weights belong to another model; or a file of the folder is missing,
            damaged, or contains more than data.
    """
    local = Path(weights).is_dir()
    advice = 'with its config, as written by save_pretrained, in one folder'
    try:
        with nullcontext() if local else fetching(weights, advice):
            loaded = [kind.from_pretrained(weights) for kind in kinds[1:]]
            net, report = kinds[0].from_pretrained(
                weights, output_loading_info=True, ignore_mismatched_sizes=True
            )
    except ConnectionError:
        raise
    except UnpicklingError as error:  # its message recommends loading the file anyway
        raise CheckpointError(
            f'{weights} contains more than tensors, or is damaged; it was not loaded, since that '
            'could execute code'
        ) from error
    except _UNREADABLE as error:
        raise CheckpointError(f'{weights} cannot be read: {first_line(error)}') from error
    _check(report, f'{weights} does not fit {kinds[0].__name__}')
    return [net.eval(), *loaded]


def _check(report: dict[str, Any], problem: str) -> None:
    """Raise a CheckpointError unless the file had each tensor of the network in its shape."""
    if missing := sorted(report['missing_keys']):
        raise CheckpointError(
            f'{problem}: {missing[0]!r} is missing ({len(missing)} missing tensors in total)'
        )
    if mismatched := sorted(report['mismatched_keys']):
        name, shape, expected = mismatched[0]
        raise CheckpointError(f'{problem}: {name!r} is {tuple(shape)}, not {tuple(expected)}')
