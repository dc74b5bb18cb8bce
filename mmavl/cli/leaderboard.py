"""Compare all localizers: ``mmavl leaderboard --data scenes --budget 1 --seeds 3``.

Every method is trained for the same time with each seed, tested where it was best on the
validation split, and asked whether it listens. Run again after an interruption, it goes on.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmavl.utils.options import add_dtype_option

from .arguments import count, positive
from .signals import orderly_termination
from .tools import tool_program


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    from mmavl.engine.cfg_options import ConfigOptions

    parser = argparse.ArgumentParser(
        tool_program('leaderboard'),
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--data', required=True, metavar='NAME', help="e.g. 'scenes': configs <method>_scenes")
    add('--budget', type=positive, default=1.0, metavar='MINUTES',
        help='time for the training steps of each run (default: 1)')  # fmt: skip
    add('--seeds', type=count, default=1, metavar='N', help='runs of each method (default: 1)')
    add('--methods', nargs='+', default=[], metavar='NAME',
        help='some of them, and configs of your own (default: all)')  # fmt: skip
    add('--backbones', choices=['cached', 'published'], default='cached',
        help='the same cached features for all, or the networks of each paper')  # fmt: skip
    add('--jobs', type=count, metavar='N',
        help='runs at a time (default: cores, or 1 with published backbones)')  # fmt: skip
    add('--probe-clips', type=int, default=50, metavar='N',
        help='clips of the audio probe; 0: none (default: 50)')  # fmt: skip
    add('--out', metavar='DIR', help='default: work_dirs/leaderboard_<data>')
    add_dtype_option(parser, None)
    add('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``--help``."""
    args = parse_args(argv)
    from mmavl.engine.user_errors import clear_errors
    from mmavl.experiments import run_trials
    from mmavl.experiments.board_files import write_board
    from mmavl.experiments.leaderboard import default_jobs, find_methods, write_trials
    from mmavl.experiments.progress import Progress

    root = Path(args.out or f'work_dirs/leaderboard_{args.data}')
    jobs = args.jobs or default_jobs(args.backbones)
    settings = {
        'data': args.data,
        'backbones': args.backbones,
        'minutes of training steps per run': f'{args.budget:g}',
        'runs at a time': jobs,
    }
    with clear_errors(), orderly_termination():
        methods = find_methods(
            args.data, args.methods, args.cfg_options, args.backbones == 'published'
        )
        folders = write_trials(
            methods, root, args.seeds, args.budget, args.probe_clips, args.dtype
        )
        progress = Progress(folders)
        print(f'{len(methods)} methods, {args.seeds} seeds: {progress.left} runs to do in {root}')
        try:
            failures = run_trials(folders, jobs, progress)
        except KeyboardInterrupt:
            print('Interrupted. The same command continues.')
            return 130
        page = write_board(root, folders, settings, failures)
        print((root / 'leaderboard.md').read_text(encoding='utf-8'))
        print(f'Table and pictures: {page}')
    return int(bool(failures))
