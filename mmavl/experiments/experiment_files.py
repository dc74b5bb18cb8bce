"""The table of an experiment, as Markdown, CSV, LaTeX and JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmavl.evaluation.metric_keys import from_keys
from mmavl.evaluation.predictions import read_predictions
from mmavl.evaluation.result_table import Column, ResultTable, Row, row_of_runs
from mmavl.evaluation.titles import metric_column
from mmavl.utils.files import atomic_write

from .comparison import clip_scores, compare
from .leaderboard import read_rows
from .trial import PREDICTIONS

_TITLES = {'pointing': 'pointing', 'ciou': 'cIoU per clip'}


def write_experiment(
    root: str | Path, folders: Sequence[Path], metrics: Sequence[str] = ()
) -> ResultTable | None:
    """Write ``experiment.{md,csv,tex,json}`` of all trials that are done.

    Args:
        root (str | Path): The folder.
        folders (Sequence[Path]): Of the trials; the first one's row is what others are compared
            with.
        metrics (Sequence[str]): Columns; see :class:`~mmavl.experiments.experiment.Experiment`.

    Returns:
        ResultTable | None: None if no trial is done.
    """
    rows = read_rows(folders)
    if not rows:
        return None
    table = experiment_table(rows, metrics)
    if len(rows) > 1:
        table = with_differences(table, dict(_scores(folders, rows)))
    record = {
        'rows': {row.name: {'means': row.means, 'spreads': row.spreads} for row in table.rows},
        'trials': rows,
    }
    for suffix, text in (
        ('md', table.to_markdown() + '\n'),
        ('csv', table.to_csv()),
        ('tex', table.to_latex() + '\n'),
        ('json', json.dumps(record, indent=1)),
    ):
        with atomic_write(Path(root, f'experiment.{suffix}')) as file:
            file.write(text)
    return table


def experiment_table(
    rows: Mapping[str, Sequence[Mapping[str, Any]]], metrics: Sequence[str] = ()
) -> ResultTable:
    """Mean and standard deviation over seeds.

    Args:
        rows (Mapping): Name -> outcomes of its seeds.
        metrics (Sequence[str]): Columns.
    """
    chosen = list(metrics) or _default_metrics(next(iter(rows.values()))[0]['metrics'])
    made = []
    for name, runs in rows.items():
        row = row_of_runs(name, [run['metrics'] for run in runs])
        made.append(replace(row, means={'seeds': float(len(runs)), **row.means}))
    columns = [metric_column(key, key) for key in chosen]
    return ResultTable([Column('seeds', 'seeds', digits=0), *columns], made, head='run')


def _default_metrics(metrics: Mapping[str, float]) -> list[str]:
    protocol = next(iter(from_keys(metrics)), None)
    keys = [f'{protocol}/{name}' for name in ('pointing', 'average_ciou')]
    return [key for key in keys if key in metrics] or [
        key for key in metrics if not key.startswith('cost/') and 'time' not in key
    ]


def _scores(
    folders: Sequence[Path], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[tuple[str, dict]]:
    """Figures by clip of each row with predictions, under the first protocol."""
    for name, runs in rows.items():
        mine = [folder for folder in folders if folder.parent.name == name]
        dumps = [d for folder in mine if (d := folder / PREDICTIONS).exists()]
        protocol = next(iter(from_keys(runs[0]['metrics'])), None)
        if dumps and protocol is not None:
            yield name, clip_scores([read_predictions(dump)[0] for dump in dumps], protocol)


def with_differences(table: ResultTable, scores: Mapping[str, Mapping]) -> ResultTable:
    """Add each row's differences from the first row, and their p values.

    Args:
        table (ResultTable): From :func:`experiment_table`.
        scores (Mapping): Row -> what :func:`~mmavl.experiments.comparison.clip_scores` gives.
    """
    first = table.rows[0].name
    if first not in scores:
        return table
    rows: list[Row] = [table.rows[0]]
    for row in table.rows[1:]:
        means = dict(row.means)
        for kind in _TITLES if row.name in scores else ():
            found = compare(scores[row.name][kind], scores[first][kind])
            means |= {f'{kind}/difference': found.mean, f'{kind}/p': found.p}
        rows.append(replace(row, means=means))
    columns = list(table.columns)
    for kind, title in _TITLES.items():
        columns.append(Column(f'{kind}/difference', f'Δ {title}', percent=True))
        columns.append(Column(f'{kind}/p', 'p', digits=4))
    return replace(table, columns=columns, rows=rows)
