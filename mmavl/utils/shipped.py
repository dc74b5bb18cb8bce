"""The configs and tools that come with mmavl, in a checkout as in an installed package."""

import shlex
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import mmavl

#: The folder of what other configs are made of.
_BASES = '_base_'


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


def config_names() -> dict[str, Path]:
    """mmavl's configs by name with folder, e.g. 'peers/co-separation_scenes'; flat ones first."""
    paths = sorted(shipped().rglob('*.py'), key=lambda path: (len(path.parts), path))
    names = {path.relative_to(shipped()).with_suffix('').as_posix(): path for path in paths}
    return {name: path for name, path in names.items() if _BASES not in path.parts}


def named_config(name: str) -> Path | None:
    """mmavl's config of a name, with its folder or without; None where there is no such config."""
    names = config_names()
    return names.get(name) or {path.stem: path for path in names.values()}.get(name)


def find_config(name: str | Path) -> Path:
    """The file of a config.

    Args:
        name (str | Path): A path, or the name of one of mmavl's configs, with its folder or
            without, e.g. 'stage2_scenes' or 'ablations/stage2_scenes_class'.

    Raises:
        FileNotFoundError: There is neither; says where the config is, or which name is near.
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
    hint = f'; did you mean {close[0]!r}?' if close else '; `mmavl list models` names them'
    raise FileNotFoundError(f'{name} is neither a config file nor the name of one{hint}')


def missing_config(path: str | Path) -> str:
    """What to say of a config that is not at a path: where it is, or what has a similar name.

    Looked through are the path's own folder, the folder ``configs`` that it is in, with all below
    it, and the configs that come with mmavl.

    Args:
        path (str | Path): Where there is no file.

    Returns:
        str: A line.
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
