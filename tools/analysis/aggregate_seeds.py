"""Mean and standard deviation over seeds, as a Markdown table with one row per kind of run.

Work directories with the same name are seeds of the same run, e.g.
``python tools/analysis/aggregate_seeds.py work_dirs/quickstart_seed*/*_scenes``. With ``--out``,
the seeds of one run become a result, from which ``tools/maintainer/write_results.py`` makes
tables:

    python tools/analysis/aggregate_seeds.py work_dirs/quickstart_seed*/stage2_scenes \\
        --out results/stage2_scenes.json --title 'coarse to fine'
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
from mmavl.evaluation.result_table import Column, ResultTable, row_of_runs
from mmavl.evaluation.titles import metric_column
from mmavl.reports.results import result_of_runs, test_of, write_result
from mmavl.reports.run_record import Run, read_run

DEFAULT = (
    'half_max/sfd/own',
    'half_max/sfd/silent',
    'half_max/pointing',
    'half_max/level1_ciou',
    'half_max/level2_ciou',
    'half_max/level3_ciou',
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('work_dirs', nargs='+', metavar='WORK_DIR')
    parser.add_argument('--split', default='test', help='default: test')
    parser.add_argument('--metrics', nargs='+', default=DEFAULT, metavar='NAME')
    parser.add_argument('--out', type=Path, metavar='JSON', help='write the result of one run')
    parser.add_argument('--title', help="of the result's rows; by default the run's name")
    parser.add_argument('--protocol', metavar='NAME', help='of the result; default: the first')
    return parser.parse_args()


def collect(work_dirs: list[str]) -> dict[str, list[Run]]:
    """The seeds of each run, by the name of their work directories."""
    runs = defaultdict(list)
    for path in work_dirs:
        run = read_run(path)
        runs[run.name].append(run)
    return runs


def write(runs: dict[str, list[Run]], args: argparse.Namespace) -> Path:
    """Write the result of one run.

    Raises:
        DataError: There are several runs, or a run has no such test.
    """
    if len(runs) > 1:
        raise DataError(f'--out needs the seeds of a single run, not of {", ".join(runs)}')
    (name,) = runs
    title = args.title or name
    result = result_of_runs(args.out.stem, title, runs[name], args.split, args.protocol)
    return write_result(result, args.out.parent)


def table(runs: dict[str, list[Run]], split: str, metrics: Sequence[str]) -> ResultTable:
    """Mean ± standard deviation over seeds; a dash for missing metrics.

    Raises:
        DataError: A run was not tested on the split.
    """
    rows = []
    for name, seeds in runs.items():
        row = row_of_runs(name, [test_of(run, split)['metrics'] for run in seeds])
        rows.append(replace(row, means={**row.means, 'seeds': len(seeds)}))
    columns = [Column('seeds', 'seeds', digits=0), *(metric_column(key, key) for key in metrics)]
    return ResultTable(columns, rows)


def main() -> None:
    args = parse_args()
    with clear_errors():
        runs = collect(args.work_dirs)
        print(table(runs, args.split, args.metrics).to_markdown())
        if args.out:
            print(write(runs, args))


if __name__ == '__main__':
    main()
