"""Evaluate a checkpoint: ``python tools/test.py CONFIG CHECKPOINT``."""

import argparse
from collections.abc import Sequence

from mmavl.engine.cfg_options import add_run_options
from mmavl.engine.processes import OneVoiceParser
from mmavl.engine.user_errors import clear_errors

from .arguments import count
from .refusals import check_run
from .tools import tool_program


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    parser = OneVoiceParser(tool_program('test'), description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint', nargs='?', help='weights; not needed for models without weights'
    )
    parser.add_argument('--work-dir', help='folder for logs')
    parser.add_argument(
        '--protocol',
        nargs='+',
        metavar='NAME',
        help="evaluation protocols; default: the config's",
    )
    parser.add_argument('--show-dir', help='folder for pictures of the predictions')
    parser.add_argument(
        '--probe-audio',
        type=count,
        nargs='?',
        const=100,
        metavar='CLIPS',
        help='give pictures other sounds, and measure how far maps follow (default: 100 clips)',
    )
    parser.add_argument(
        '--allow-missing',
        action='store_true',
        help='leave out samples that cannot be read; the result says how many',
    )
    parser.add_argument('--out', metavar='FILE', help='file to dump the predictions to')
    add_run_options(parser, 'test_dataloader.batch_size=8')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; see ``--help``."""
    args = parse_args(argv)
    with clear_errors():
        check_run(args.config, args.checkpoint)
        from mmavl.engine.launch import requested_config, run_test

        run_test(
            requested_config(args),
            args.checkpoint,
            args.protocol,
            args.show_dir,
            args.out,
            args.probe_audio,
            args.allow_missing,
        )
