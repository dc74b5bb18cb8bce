"""Run the training described by a config: ``python tools/train.py configs/stage2_scenes.py``."""

import argparse
from collections.abc import Sequence

from mmavl.engine.cfg_options import add_run_options
from mmavl.engine.processes import OneVoiceParser
from mmavl.engine.trackers import TRACKERS, add_tracker
from mmavl.engine.user_errors import clear_errors

from .refusals import check_run
from .tools import tool_program


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    parser = OneVoiceParser(tool_program('train'), description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='continue from your own checkpoint (it may execute code); default: the '
        'last one in the work directory',
    )
    parser.add_argument(
        '--track',
        choices=TRACKERS,
        help='also send curves, pictures and the config to this tracker (works offline)',
    )
    add_run_options(parser, 'train_cfg.max_epochs=2')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; see ``--help``."""
    args = parse_args(argv)
    with clear_errors():
        check_run(args.config)
        from mmavl.engine.launch import requested_config, run_training

        cfg = requested_config(args)
        if args.track:
            add_tracker(cfg, args.track)
        run_training(cfg, args.resume)
