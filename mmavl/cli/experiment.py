"""Run an experiment, configs x options x seeds, and compare: ``mmavl experiment FILE.yaml``.

    runs:
      baseline: {config: stage2_scenes}
      long: {config: stage2_scenes, options: {train_cfg.max_epochs: 32}}
    seeds: 3

Run again after an interruption, it goes on. With ``grid: {KEY: [VALUES]}`` it is a sweep, tested
on the validation split.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmavl.engine.user_errors import clear_errors
from mmavl.utils.options import add_dtype_option

from .arguments import count
from .refusals import check_paths
from .signals import orderly_termination
from .tools import tool_program


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        tool_program('experiment'),
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('file', metavar='FILE', help='YAML file, see docs/experiments.md')
    parser.add_argument('--out', metavar='DIR', help='default: work_dirs/<name of the file>')
    parser.add_argument(
        '--jobs', type=count, default=1, metavar='N', help='runs at a time (default: 1)'
    )
    add_dtype_option(parser, None)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``--help``."""
    args = parse_args(argv)
    root = Path(args.out or f'work_dirs/{Path(args.file).stem}')
    with clear_errors(), orderly_termination():
        check_paths([args.file], 'cannot be found')
        from mmavl.experiments import run_trials
        from mmavl.experiments.experiment import read_experiment
        from mmavl.experiments.experiment_files import write_experiment
        from mmavl.experiments.progress import Progress

        experiment = read_experiment(args.file)
        trials = experiment.trials(args.dtype)
        folders = [trial.write(root, stages) for trial, stages in trials]
        progress = Progress(folders)
        print(f'{progress.left} of {len(folders)} runs to do in {root}')
        try:
            failures = run_trials(folders, args.jobs, progress)
        except KeyboardInterrupt:
            print('Interrupted. The same command continues.')
            return 130
        table = write_experiment(root, folders, experiment.metrics)
        if table is not None:
            print(table.to_text())
            print(f'As Markdown, CSV, LaTeX and JSON: {root}/experiment.*')
    return int(bool(failures))
