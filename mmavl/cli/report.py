"""Combine runs in an HTML page: ``python tools/analysis/report.py WORK_DIR... --out report.html``.

The work directories are those of tools/train.py and tools/test.py. The page has a table that
compares the runs on each split, their loss curves, best and worst clips, settings and commands.
"""

import argparse
from collections.abc import Sequence

from mmavl.engine.user_errors import clear_errors

from .refusals import check_paths
from .tools import tool_program


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        tool_program('report'),
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('work_dirs', nargs='+', metavar='WORK_DIR', help='in order of rows')
    parser.add_argument('--out', default='report.html', help='the page')
    parser.add_argument('--title', default='', help="default: the runs' names")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; see ``--help``."""
    args = parse_args(argv)
    with clear_errors():
        check_paths(args.work_dirs, 'has no record of a run: there is no such folder')
        from mmavl.reports import read_run, write_report

        write_report([read_run(path) for path in args.work_dirs], args.out, args.title)
        print(args.out)
