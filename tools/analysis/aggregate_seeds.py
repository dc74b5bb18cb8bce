"""Mean and spread over seeds, as a Markdown table: one row for each kind of run.

Work directories of the same name are taken as seeds of one run, e.g.
``python tools/analysis/aggregate_seeds.py work_dirs/quickstart_seed*/*_scenes``.
"""

import argparse
from collections import defaultdict
from dataclasses import replace

from mmavl.engine.launch import clear_errors
from mmavl.errors import DataError
from mmavl.evaluation.result_table import Column, ResultTable, row_of_runs
from mmavl.evaluation.titles import metric_column
from mmavl.reports.run_record import read_run

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
    return parser.parse_args()


def collect(work_dirs: list[str], split: str) -> dict[str, list[dict[str, float]]]:
    """Metrics of every run's test on a split: name of the work directory -> one dict a seed.

    Raises:
        DataError: A run has no test on that split.
    """
    runs = defaultdict(list)
    for path in work_dirs:
        run = read_run(path)
        records = [test for test in run.tests if test['split'] == split]
        if not records:
            raise DataError(f'{path} has no test on {split!r}: run tools/test.py with --work-dir')
        runs[run.name].append(records[0]['metrics'])
    return runs


def table(runs: dict[str, list[dict[str, float]]], metrics: list[str]) -> ResultTable:
    """Mean ± standard deviation over seeds; a dash where a run lacks a metric."""
    rows = [row_of_runs(name, seeds) for name, seeds in runs.items()]
    rows = [replace(row, means=row.means | {'seeds': len(runs[row.name])}) for row in rows]
    columns = [Column('seeds', 'seeds', digits=0), *(metric_column(key, key) for key in metrics)]
    return ResultTable(columns, rows)


def main() -> None:
    args = parse_args()
    with clear_errors():
        print(table(collect(args.work_dirs, args.split), args.metrics).to_markdown())


if __name__ == '__main__':
    main()
