"""Models by name: those included in mmavl, and those on the Hugging Face hub."""

import json
import re
from pathlib import Path

import mmavl
from mmavl.errors import CheckpointError
from mmavl.utils.shipped import named_config

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
    from mmavl.export.single_file import read_metadata

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
    path = Path(name).expanduser()
    if path.suffix == '.safetensors':
        return path
    if path.is_dir() and (path / HUB_FILE).is_file():
        return path / HUB_FILE
    if str(name) in wheel_weights():
        return wheel_weights()[str(name)]
    named = _HUB_NAME.fullmatch(str(name)) and path.suffix not in _FILES and not path.exists()
    return _fetch(str(name)) if named and named_config(str(name)) is None else None


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
