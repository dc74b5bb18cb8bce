"""A self-contained HTML page about one run, or several side by side."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmavl.evaluation.localization_tables import AGNOSTIC, NOTES, tables_of_tests, tag_table

from .curves import draw_curves
from .page import Embedded, data_url, picture, write_page
from .run_record import Run


def write_report(runs: Sequence[Run], out: str | Path, title: str = '') -> None:
    """Write the page, ``pages/report.html``; it loads no other files.

    Args:
        runs (Sequence[Run]): From :func:`~mmavl.reports.run_record.read_run`, in the order
            of the rows.
        out (str | Path): The file.
        title (str): Defaults to the runs' names.

    Raises:
        OSError: The page cannot be written.
    """
    write_page(
        'report.html',
        out,
        title=title or ', '.join(run.name for run in runs),
        splits=list(_splits(runs)),
        notes=NOTES,
        agnostic=AGNOSTIC,
        runs=[{**view(run), 'cases': list(_cases(run))} for run in runs],
    )


def view(run: Run) -> dict[str, Any]:
    """The contents of a page about any run: its name, curves and records, each with a title."""
    drawn = draw_curves(run.scalars)
    curves = drawn and Embedded(
        'loss and validation curves', data_url('image/svg+xml', drawn.encode())
    )
    records = [('train', run.train)] if run.train else []
    records += [(f'test on {test["split"]}', test) for test in run.tests]
    return {'name': run.name, 'curves': curves, 'records': records}


def _splits(runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """For each split, the tables of all runs tested on it."""
    splits: dict[str, list[tuple[str, dict[str, float]]]] = {}
    for run in runs:
        for test in run.tests:
            splits.setdefault(test['split'], []).append((_name(run, test), test['metrics']))
    for split, tests in splits.items():
        tables = tables_of_tests(tests)
        # the first protocol, with where its maxima lie, is the headline
        headline = [table for table in (*tables[:2], tag_table(tests)) if table]
        agnostic = any('†' in row.name for table in tables for row in table.rows)
        yield {'name': split, 'tables': headline, 'others': tables[2:], 'agnostic': agnostic}


def _name(run: Run, test: dict[str, Any]) -> str:
    """The name of a run in a table, with the share of the split if samples are missing."""
    part = test.get('evaluated')
    return f'{run.name} ({part["samples"]} of {part["of"]} samples)' if part else run.name


def _cases(run: Run) -> Iterator[tuple[str, list[Embedded]]]:
    """The best and the worst clips of each level, with a title."""
    for test in run.tests:
        if test['split'] == 'val':  # a split to choose settings on, not to report
            continue
        groups: dict[tuple[int, str], list[dict]] = {}
        for case in test['cases']:
            groups.setdefault((case['level'], case['kind']), []).append(case)
        for (level, kind), cases in sorted(groups.items()):
            level_words = f'level {level}' if level else 'consensus maps'
            pictures = [
                picture(run.path / case['picture'], f'{case["clip_id"]}: cIoU {case["ciou"]:.2f}')
                for case in cases
            ]
            yield f'The {kind} of {level_words}, split “{test["split"]}”', pictures
