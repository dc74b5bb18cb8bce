"""Evaluate a checkpoint: ``python tools/test.py CONFIG CHECKPOINT``."""

import argparse
from collections.abc import Sequence

from mmavl.engine.launch import add_run_options, clear_errors, prepare_config, run_test
from mmavl.engine.processes import OneVoiceParser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    parser = OneVoiceParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint', nargs='?', help='weights; may be left out for models without any'
    )
    parser.add_argument('--work-dir', help='folder for logs')
    parser.add_argument(
        '--protocol',
        nargs='+',
        metavar='NAME',
        help="evaluation protocols; by default the config's",
    )
    parser.add_argument('--show-dir', help='folder for pictures of the predictions')
    parser.add_argument('--out', metavar='FILE', help='file to dump the predictions to')
    add_run_options(parser, 'test_dataloader.batch_size=8')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; see ``--help``."""
    args = parse_args(argv)
    with clear_errors():
        cfg = prepare_config(
            args.config, args.work_dir, args.dtype, args.cfg_options, args.launcher, args.seed
        )
        run_test(cfg, args.checkpoint, args.protocol, args.show_dir, args.out)
