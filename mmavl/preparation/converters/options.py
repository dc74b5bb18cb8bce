"""Command-line options shared by the converters of downloaded media."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from mmavl.errors import DataError
from mmavl.utils.names import one_line

from .jobs import WHOLE, Place, Shard
from .report import Report


def add_common_options(parser: argparse.ArgumentParser, out: str, min_seconds: float) -> None:
    """Add ``--out``, ``--media``, ``--shard``, ``--workers``, ``--limit``, ``--min-seconds``."""
    parser.add_argument('--out', type=Path, default=Path(out), help=f'data root; default {out}')
    parser.add_argument(
        '--media', type=Path, help='folder of videos, or of frames and sounds already extracted'
    )
    parser.add_argument(
        '--shard',
        type=_shard,
        default=WHOLE,
        metavar='i/n',
        help='convert one of n parts, e.g. on one of n machines, without writing manifests; then '
        'run the same command without --shard to convert the rest and write the manifests',
    )
    parser.add_argument(
        '--workers',
        type=_count,
        default=os.cpu_count(),
        help='number of processes; default: one per core',
    )
    parser.add_argument(
        '--limit',
        type=float,
        default=Place.limit,
        metavar='SECONDS',
        help=f'seconds per clip, after which it is skipped; default {Place.limit:g}',
    )
    parser.add_argument(
        '--min-seconds',
        type=float,
        default=min_seconds,
        help=f'skip clips with less; shorter ones than usual are reported (default '
        f'{min_seconds:g})',
    )


def place_of(args: argparse.Namespace) -> Place:
    """The :class:`Place` for the common options."""
    return Place(args.out, args.media, args.shard, args.workers, args.min_seconds, args.limit)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f'{text!r} is not a number of processes')
    return int(text)


def _shard(text: str) -> Shard:
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run_converter(args: argparse.Namespace, convert: Callable[[], Report]) -> None:
    """Run a conversion, print its report and write it to ``report.json``.

    Exits with status 1 if nothing is usable or the input is invalid, 130 if interrupted.
    """
    try:
        report = convert()
        if args.shard.count > 1:
            print(
                f'shard {args.shard.index}/{args.shard.count} is done. After all shards, run the '
                'same command without --shard to write the manifests and the report'
            )
            return
        report.write(args.out / 'report.json')
    except (DataError, OSError) as error:
        sys.exit(one_line(f'error: {error}'))
    except KeyboardInterrupt:
        print('interrupted: run the same command again to continue', file=sys.stderr)
        sys.exit(130)
    for line in (*report.lines(), f'details of what was left out: {args.out / "report.json"}'):
        print(one_line(line))
    if not any(report.usable.values()):
        sys.exit('error: no usable clips')
