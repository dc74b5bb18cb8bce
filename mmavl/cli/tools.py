"""Subcommands that are also available as tools."""

import sys
from importlib import import_module
from pathlib import Path

from mmavl.utils.shipped import find_config

#: Subcommand -> its description. Each is a module in this package.
TOOLS = {
    'convert': 'convert a dataset',
    'train': 'run the training described by a config',
    'test': 'evaluate a checkpoint',
    'report': 'combine runs in an HTML page',
    'experiment': 'run configs with several options and seeds, and compare them',
    'leaderboard': 'train all localizers for the same time, and compare them',
}
_OF_A_CONFIG = ('train', 'test')


def tool_program(name: str) -> str | None:
    """Program name of a subcommand for its usage; None in a script, which has its own name."""
    return None if Path(sys.argv[0]).suffix == '.py' else f'mmavl {name}'


def run_tool(name: str, arguments: list[str]) -> int:
    """Run a subcommand; configs may be given by name.

    ``mmavl report NAME`` means the run in ``work_dirs/NAME``.

    Args:
        name (str): One of :data:`TOOLS`.
        arguments (list[str]): Its arguments.

    Returns:
        int: The exit code.
    """
    if arguments and not arguments[0].startswith('-'):
        if name == 'report':
            run = Path('work_dirs', Path(arguments[0]).stem)
            if run.is_dir() and not Path(arguments[0]).is_dir():
                arguments = [str(run), *arguments[1:]]
        elif name in _OF_A_CONFIG:
            try:
                arguments = [str(find_config(arguments[0])), *arguments[1:]]
            except FileNotFoundError as error:
                print(f'error: {error}', file=sys.stderr)
                return 2
    try:
        return import_module(f'mmavl.cli.{name}').main(arguments) or 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
