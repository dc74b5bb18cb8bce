"""``mmavl new-project DIR``: a package of one's own components, to start from."""

import argparse
import keyword
import os
import re
import shlex
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from mmavl.errors import ConfigError
from mmavl.utils.shipped import shipped

from .ending import REFUSED, end

#: Names in the template ``projects/example`` -> what stands for them in a new project.
_NAMES = {'av_example': '{0}', 'av-example': '{1}', 'example_scenes': '{0}_scenes'}


def add_new_project_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument('folder', type=Path, metavar='DIR', help='its name names the package')


def run_new_project(args: argparse.Namespace) -> int:
    """Write the project; returns the exit code."""
    try:
        name = write_project(args.folder)
    except (ConfigError, OSError) as error:
        return end(error, REFUSED)
    print(
        f'{args.folder} has a package {name} with components, a config and tests. Next:\n'
        f'  cd {shlex.quote(str(args.folder))}\n'
        '  python -m pip install --no-build-isolation --no-deps -e .\n'
        '  python -m pytest tests\n'
        f'  mmavl train configs/{name}_scenes.py'
    )
    return 0


def write_project(folder: Path) -> str:
    """Write a copy of the example project, named after its folder.

    Args:
        folder (Path): The new folder; it appears whole or not at all.

    Returns:
        str: The name of its package.

    Raises:
        ConfigError: The folder's name cannot be that of a new package.
        OSError: The folder exists, or cannot be written.
    """
    if folder.exists():
        raise FileExistsError(f'{folder} exists already')
    name = re.sub(r'\W', '_', folder.resolve().name.lower())
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ConfigError(f'{folder}: {name!r} cannot be the name of a package')
    if name in sys.stdlib_module_names or find_spec(name):
        raise ConfigError(f'{folder}: there is a package {name!r} already, choose another name')
    folder.resolve().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent, prefix='.new_') as draft:
        _copy(shipped('projects') / 'example', Path(draft, 'project'), name)
        os.rename(Path(draft, 'project'), folder)
    return name


def _copy(template: Path, target: Path, name: str) -> None:
    """Copy a template's files with names replaced in paths and contents."""
    ignored = shutil.ignore_patterns('__pycache__', '*.egg-info', 'build', 'work_dirs')
    shutil.copytree(template, target, ignore=ignored)
    for path in sorted(target.rglob('*'), reverse=True):  # a folder comes after its files
        if path.is_file():
            path.write_text(_renamed(path.read_text('utf-8'), name), 'utf-8')
        path.rename(path.with_name(_renamed(path.name, name)))


def _renamed(text: str, name: str) -> str:
    for old, new in _NAMES.items():
        text = text.replace(old, new.format(name, name.replace('_', '-')))
    return text
