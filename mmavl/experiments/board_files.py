"""The leaderboard's files: Markdown, JSON and a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmavl.evaluation.predictions import read_predictions
from mmavl.evaluation.result_table import ResultTable
from mmavl.reports.page import picture, write_page
from mmavl.utils.files import atomic_write
from mmavl.visualization.drawing import write_jpeg

from .leaderboard import NOTES, read_rows, tables
from .scheduler import Failure
from .sheet import comparison_sheet

_AGNOSTIC = (
    'Maps of methods that know classes are the sum over the classes that they predict, weighted '
    'by their probabilities (section 4.3 of the coarse-to-fine paper).'
)


def write_board(
    root: str | Path,
    folders: Sequence[Path],
    settings: Mapping[str, Any],
    failures: Sequence[Failure] = (),
) -> Path:
    """Write ``leaderboard.{md,json,jpg,html}`` of all trials that are done.

    Args:
        root (str | Path): The folder.
        folders (Sequence[Path]): Of the trials.
        settings (Mapping): What all methods have in common, for the reader.
        failures (Sequence[Failure]): Trials that failed.

    Returns:
        Path: The page.
    """
    root = Path(root)
    rows = read_rows(folders)
    made = tables(rows)
    order = [row.name for row in made[0].rows if row.name in rows] if made else []
    notes = _notes(settings, rows, failures)
    with atomic_write(root / 'leaderboard.md') as file:
        file.write(_markdown(made, notes))
    with atomic_write(root / 'leaderboard.json') as file:
        json.dump(_record(made, rows, settings, failures), file, indent=1)
    dumps = {name: _first_dump(folders, name) for name in order}
    sheet = None
    if dumps:
        write_jpeg(root / 'leaderboard.jpg', comparison_sheet(dumps))
        sheet = picture(root / 'leaderboard.jpg', 'Maps of all methods for some clips')
    page = root / 'leaderboard.html'
    title = f'Localizers on {settings["data"]}'
    write_page('leaderboard.html', page, title=title, tables=made, notes=notes, sheet=sheet)
    return page


def _first_dump(folders: Sequence[Path], name: str) -> list:
    """The predictions of a method's first seed."""
    done = (f / 'predictions.npz' for f in folders if f.parent.name == name)
    predictions, _ = read_predictions(next(path for path in done if path.exists()))
    return predictions


def _notes(
    settings: Mapping[str, Any], rows: Mapping[str, Sequence], failures: Sequence[Failure]
) -> list[str]:
    counts = sorted({len(runs) for runs in rows.values()})
    seeds = f'{counts[0]} to {counts[-1]}' if len(counts) > 1 else str(*counts)
    notes = [f'Mean and standard deviation over {seeds} seeds; percent where not said otherwise.']
    notes += [', '.join(f'{key}: {value}' for key, value in settings.items()) + '.']
    notes += ['The epoch was chosen on the validation split; figures are of the test split.']
    notes += [_AGNOSTIC, *(f'{term}: {words}.' for term, words in NOTES.items())]
    return notes + [f'Failed: {failure.folder}: {failure.reason}' for failure in failures]


def _markdown(made: Sequence[ResultTable], notes: Sequence[str]) -> str:
    parts = [f'## {table.title}\n\n{table.to_markdown()}\n' for table in made]
    return '\n'.join([*parts, *(f'- {note}' for note in notes), ''])


def _record(
    made: Sequence[ResultTable],
    rows: Mapping[str, Sequence],
    settings: Mapping[str, Any],
    failures: Sequence[Failure],
) -> dict[str, Any]:
    parts = {
        table.title: {row.name: {'means': row.means, 'spreads': row.spreads} for row in table.rows}
        for table in made
    }
    failed = [{**asdict(failure), 'folder': str(failure.folder)} for failure in failures]
    return {'settings': dict(settings), 'tables': parts, 'trials': rows, 'failures': failed}
