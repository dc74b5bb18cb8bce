"""The configs and tools that come with mmavl, in a checkout as in an installed package."""

import shlex
from difflib import get_close_matches
from pathlib import Path

import mmavl


def shipped(kind: str = 'configs') -> Path:
    """The folder of 'configs' or 'tools'."""
    return Path(mmavl.__file__).resolve().parent / '.mim' / kind


def tool_command(name: str) -> str:
    """The command that runs one of mmavl's tools here, for messages.

    Args:
        name (str): The tool's place below ``tools/``, e.g. 'dist_train.sh'.
    """
    path = Path('tools', name)
    if not path.is_file():  # elsewhere than in a checkout: the tools come with the package, too
        path = shipped('tools').resolve() / name
    return f'{"bash" if path.suffix == ".sh" else "python"} {shlex.quote(str(path))}'


def find_config(name: str | Path) -> Path:
    """The file of a config.

    Args:
        name (str | Path): A path, or the name of one of mmavl's configs, e.g. 'stage2_scenes'.

    Raises:
        FileNotFoundError: There is neither.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    for own in (shipped() / path, shipped() / f'{path}.py', shipped().parent / path):
        if own.is_file():
            return own
    close = get_close_matches(path.stem, [p.stem for p in shipped().rglob('*.py')], n=1)
    hint = f'; did you mean {close[0]!r}?' if close else '; `mmavl list models` names them'
    raise FileNotFoundError(f'{name} is neither a config file nor the name of one{hint}')
