"""``mmavl check``: mistakes in annotations, manifests, lists and runs that change figures."""

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mmavl.utils.names import one_line, to_json

from .arguments import count
from .ending import FAILED, REFUSED, end
from .refusals import check_paths

if TYPE_CHECKING:  # it takes long to import
    from mmavl.preparation.doctor import Examination


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to check, and how."""
    parser.add_argument(
        'files',
        nargs='+',
        metavar='FILE',
        help='manifests, published annotations (.json), lists (.csv, .txt), or work directories '
        'of runs; several splits are also compared with each other',
    )
    parser.add_argument(
        '--boxes',
        choices=('xywh', 'xyxy'),
        default='',
        help='how to read boxes: as x, y, width, height or as corners (default: the usual format '
        'of the file)',
    )
    parser.add_argument(
        '--data-root',
        type=Path,
        metavar='DIR',
        help="folder of the media (default: the manifest's folder)",
    )
    parser.add_argument('--no-media', action='store_true', help='check the annotations only')
    parser.add_argument(
        '--workers',
        type=count,
        default=os.cpu_count(),
        metavar='N',
        help='processes (default: all cores)',
    )
    parser.add_argument('--json', action='store_true', help='print a JSON object')


def run_check(args: argparse.Namespace) -> int:
    """Print what is wrong.

    Returns:
        int: 0 if nothing is, 1 if something is, 2 if no file could be read.
    """
    try:
        check_paths(args.files, 'cannot be found')
    except FileNotFoundError as error:
        return end(error, REFUSED)
    from mmavl.preparation.doctor import examine

    media = not args.no_media
    result = examine(args.files, args.boxes, args.data_root, media, args.workers)
    print(_as_json(result) if args.json else '\n'.join(_lines(result)))
    for _, reason in result.unusable:
        print(one_line(f'error: {reason}'), file=sys.stderr)
    if not result.files:
        return REFUSED
    return FAILED if result.problems or result.unusable else 0


def _as_json(result: 'Examination') -> str:
    return to_json(
        {
            'files': result.files,
            'findings': [asdict(finding) for finding in result.findings],
            'unusable': [{'path': path, 'reason': why} for path, why in result.unusable],
        },
        indent=1,
    )


def _lines(result: 'Examination') -> list[str]:
    lines = []
    for file in result.files:
        counts = [f'{file[k]} {k}' for k in ('clips', 'boxes', 'runs') if file.get(k)]
        lines.append(f'{file["path"]}: {", ".join([file["kind"], *counts])}')
    for finding in result.findings:
        mark = 'problem' if finding.problem else 'note'
        share = f'{finding.count} of {finding.of}'
        lines.append(f'{mark}: {finding.path}: {finding.kind} ({share}): {finding.message}')
    lines.append(f'{len(result.problems)} problems in {len(result.files)} files')
    return [one_line(line) for line in lines]
