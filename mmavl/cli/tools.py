"""Subcommands that are faces of the tools, which come with the installed package, too."""

import runpy
import sys
from pathlib import Path

from mmavl.utils.shipped import find_config, shipped

#: The tool under tools/ and what it does.
TOOLS = {
    'train': ('train.py', 'train what a config describes'),
    'test': ('test.py', 'evaluate a checkpoint'),
    'report': ('analysis/report.py', 'join runs into one HTML page'),
}


def run_tool(name: str, arguments: list[str]) -> int:
    """Run a tool; configs may be given by name.

    ``mmavl report NAME`` stands for the run in ``work_dirs/NAME``.

    Args:
        name (str): One of :data:`TOOLS`.
        arguments (list[str]): The tool's own.

    Returns:
        int: Its exit code.
    """
    if arguments and not arguments[0].startswith('-'):
        if name == 'report':
            run = Path('work_dirs', Path(arguments[0]).stem)
            if run.is_dir() and not Path(arguments[0]).is_dir():
                arguments = [str(run), *arguments[1:]]
        else:
            try:
                arguments = [str(find_config(arguments[0])), *arguments[1:]]
            except FileNotFoundError as error:
                print(f'error: {error}', file=sys.stderr)
                return 2
    before = sys.argv
    sys.argv = [f'mmavl {name}', *arguments]
    try:
        runpy.run_path(str(shipped('tools') / TOOLS[name][0]), run_name='__main__')
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = before
    return 0
