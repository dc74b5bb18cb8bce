"""The configs and tools of mmavl, in a checkout or an installed package."""

import shlex
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import mmavl

#: The folder of the base configs.
_BASES = '_base_'


def shipped(kind: str = 'configs') -> Path:
    """The folder of 'configs', 'tools' or 'projects'."""
    return Path(mmavl.__file__).resolve().parent / '.mim' / kind


def tool_command(name: str) -> str:
    """The command that runs one of mmavl's tools on this machine, for messages.

    Args:
        name (str): Path of the tool below ``tools/``, e.g. 'dist_train.sh'.
    """
    path = Path('tools', name)
    if not path.is_file():  # outside a checkout; the package includes the tools
        path = shipped('tools').resolve() / name
    return f'{"bash" if path.suffix == ".sh" else "python"} {shlex.quote(str(path))}'


def config_names() -> dict[str, Path]:
    """mmavl's configs by name with folder, e.g. 'peers/co-separation_scenes'; flat ones first."""
    paths = sorted(shipped().rglob('*.py'), key=lambda path: (len(path.parts), path))
    names = {path.relative_to(shipped()).with_suffix('').as_posix(): path for path in paths}
    return {name: path for name, path in names.items() if _BASES not in path.parts}


def named_config(name: str) -> Path | None:
    """Look up one of mmavl's configs, with or without its folder; None if there is none."""
    names = config_names()
    return names.get(name) or {path.stem: path for path in names.values()}.get(name)


def find_config(name: str | Path) -> Path:
    """Find a config by its path or name.

    Args:
        name (str | Path): A path, or the name of one of mmavl's configs, with or
            without its folder, e.g. 'stage2_scenes' or 'ablations/stage2_scenes_class'.

    Raises:
        FileNotFoundError: There is no such file or config; the message says where the config is,
            or suggests a similar name.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    named = named_config(str(path).removesuffix('.py'))
    for place in (named, shipped().parent / path):
        if place is not None and place.is_file():
            return place
    if len(path.parts) > 1:
        raise FileNotFoundError(missing_config(path))
    close = get_close_matches(path.stem, [p.stem for p in config_names().values()], n=1)
    hint = f'; did you mean {close[0]!r}?' if close else '; see `mmavl list models`'
    raise FileNotFoundError(f'{name} is not a config file, nor the name of a config{hint}')


def missing_config(path: str | Path) -> str:
    """The error message for a missing config: where it is, or a similar name.

    It searches the path's folder, the ``configs`` folder above it with all its sub-folders, and
    the configs included in mmavl.

    Args:
        path (str | Path): The path without a file.

    Returns:
        str: One line.
    """
    path = Path(path)
    places: dict[str, list[Path]] = {}
    for place in _configs_near(path):
        same_name = places.setdefault(place.stem, [])
        if not any(place.samefile(other) for other in same_name):
            same_name.append(place)
    stem = path.name.removesuffix('.py')
    if len(places.get(stem, ())) == 1:
        return f'config not found: {path}; it is at {_from_here(places[stem][0])}'
    close = get_close_matches(stem, places, n=1)
    hint = f'; did you mean {str(_from_here(places[close[0]][0]))!r}?' if close else ''
    return f'config not found: {path}{hint}'


def _configs_near(path: Path) -> Iterator[Path]:
    yield from sorted(path.parent.glob('*.py'))
    for root in (*(p for p in path.parents if p.name == 'configs'), shipped().resolve()):
        for place in sorted(root.rglob('*.py')):
            if _BASES in path.parts or _BASES not in place.relative_to(root).parts:
                yield place


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
