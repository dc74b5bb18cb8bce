"""Models by name: those included in mmavl, and those on the Hugging Face hub."""

import json
import re
from pathlib import Path

import mmavl
from mmavl.errors import CheckpointError
from mmavl.utils.files import missing_checkpoint
from mmavl.utils.metadata import read_metadata
from mmavl.utils.shipped import find_config, named_config

#: The file that a repository on the hub must have.
HUB_FILE = 'model.safetensors'
#: Suffixes of files, which are not names of repositories.
_FILES = ('.py', '.pth', '.pt', '.ckpt', '.bin', '.onnx', '.json')
_HUB_NAME = re.compile(r'[\w.-]+/[\w.-]+')


def wheel_weights() -> dict[str, Path]:
    """The files of trained models included in mmavl, by name."""
    folder = Path(mmavl.__file__).parent / 'weights'
    return {path.stem: path for path in sorted(folder.glob('*.safetensors'))}


def weights_title(path: Path) -> str:
    """One line about a file of :func:`wheel_weights`."""
    return json.loads(read_metadata(path)['provenance'])['title']


def find_model(name: str | Path) -> Path | None:
    """The weight file of a model by name; None if it is not a name.

    Args:
        name (str | Path): A ``.safetensors`` file, a folder with a ``model.safetensors``, the
            name of one included in mmavl ('scenes-families'), or a repository on the
            Hugging Face hub ('org/name'), of which only that file is read.

    Raises:
        CheckpointError: The hub has no such repository, or no such file in it.
        ConnectionError: The file is not on this machine, and the hub is unreachable.
    """
    file = _file_of(name)
    return _fetch(str(name)) if file is None and _is_hub_name(name) else file


def check_names(model: str | Path | None, weights: str | Path | None = None) -> None:
    """Check the names of a model and its weights, without loading or downloading anything.

    Raises:
        FileNotFoundError: There is no such config, model or file.
    """
    if weights is not None and not _is_hub_name(weights):
        path = _file_of(weights) or Path(weights).expanduser()
        if not path.is_file():
            raise FileNotFoundError(missing_checkpoint(path))
    if model is not None and not _is_hub_name(model):
        path = _file_of(model) or find_config(model)
        if not path.is_file():
            raise FileNotFoundError(missing_checkpoint(path))


def _file_of(name: str | Path) -> Path | None:
    path = Path(name).expanduser()
    if path.suffix == '.safetensors':
        return path
    if path.is_dir() and (path / HUB_FILE).is_file():
        return path / HUB_FILE
    return wheel_weights().get(str(name))


def _is_hub_name(name: str | Path) -> bool:
    path = Path(name).expanduser()
    named = _HUB_NAME.fullmatch(str(name)) and path.suffix not in (*_FILES, '.safetensors')
    return bool(named) and not path.exists() and named_config(str(name)) is None


def _fetch(repository: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError, RepositoryNotFoundError

    from mmavl.utils.hub import fetching

    with fetching(repository):
        try:
            return Path(hf_hub_download(repository, HUB_FILE))
        except (RepositoryNotFoundError, RemoteEntryNotFoundError) as error:
            raise CheckpointError(
                f'{repository}: the hub has no such repository with a {HUB_FILE}; '
                '`mmavl list weights` lists the models included in mmavl'
            ) from error
