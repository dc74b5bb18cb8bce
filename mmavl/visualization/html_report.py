"""One self-contained HTML page about one run, or several beside each other."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import mmavl
from mmavl.evaluation.localization_tables import AGNOSTIC, NOTES
from mmavl.utils.files import atomic_write

from . import page
from .curves import draw_curves
from .page import escape
from .run_record import Run
from .tables import tables_of_tests, tag_table

Named = tuple[str, dict[str, Any]]


def write_report(runs: Sequence[Run], out: str | Path, title: str = '') -> None:
    """Write the page; it loads nothing, so it can be mailed or archived as it is.

    Args:
        runs (Sequence[Run]): What :func:`~mmavl.visualization.run_record.read_run` gave, in
            the order of the rows.
        out (str | Path): The file.
        title (str): Defaults to the runs' names.

    Raises:
        OSError: The page cannot be written.
    """
    title = title or ', '.join(run.name for run in runs)
    now = datetime.now().strftime('%Y-%m-%d %H:%M')
    links = {'results': 'Results', **{f'run-{i}': run.name for i, run in enumerate(runs)}}
    nav = ''.join(f'<a href="#{key}">{escape(name)}</a>' for key, name in links.items())
    body = [
        f'<h1>{escape(title)}</h1>',
        f'<p class="faint">Sound localization, written by mmavl {mmavl.__version__} on {now}.</p>',
        f'<nav>{nav}</nav>',
        '<h2 id="results">Results</h2>',
        *_results(runs),
    ]
    for index, run in enumerate(runs):
        body += [f'<h2 id="run-{index}">{escape(run.name)}</h2>', *_run(run, fold=len(runs) > 1)]
    with atomic_write(out) as file:
        file.write(page.page(title, '\n'.join(body)))


def _results(runs: Sequence[Run]) -> Iterator[str]:
    """For each split, the tables of all runs that were tested on it."""
    splits: dict[str, list[Named]] = {}
    for run in runs:
        for test in run.tests:
            splits.setdefault(test['split'], []).append((run.name, test['metrics']))
    if not splits:
        yield '<p>Nothing was tested yet.</p>'
        return
    notes = (f'<b>{escape(title)}</b>: {escape(words)}.' for title, words in NOTES.items())
    yield f'<p class="faint">{" ".join(notes)}</p>'
    for split, tests in splits.items():
        yield f'<h3>Split “{escape(split)}”</h3>'
        tables = tables_of_tests(tests)
        tags = tag_table(tests)
        # the first protocol, with where its maxima lie, is the headline
        yield from (table.to_html() for table in [*tables[:2], tags] if table)
        if any('†' in row.name for item in tables for row in item.rows):
            yield f'<p class="faint">{escape(AGNOSTIC)}.</p>'
        if tables[2:]:
            others = ''.join(table.to_html() for table in tables[2:])
            yield page.foldable('Other protocols', others)


def _run(run: Run, fold: bool) -> Iterator[str]:
    yield from training_part(run)
    for test in run.tests:
        if test['split'] != 'val':  # a split to choose settings on, not to report
            yield from _cases(run, test, fold)
    yield from settings_part(run)


def _cases(run: Run, test: dict[str, Any], fold: bool) -> Iterator[str]:
    """The best and the worst clips of each level."""
    groups: dict[tuple[int, str], list[dict]] = {}
    for case in test['cases']:
        groups.setdefault((case['level'], case['kind']), []).append(case)
    for (level, kind), cases in sorted(groups.items()):
        word = f'level {level}' if level else 'consensus maps'
        title = f'The {kind} of {word}, split “{test["split"]}”'
        pictures = ''.join(
            page.picture(run.path / case['picture'], f'{case["clip_id"]}: cIoU {case["ciou"]:.2f}')
            for case in cases
        )
        body = f'<div class="cases">{pictures}</div>'
        yield page.foldable(title, body) if fold else f'<h3>{escape(title)}</h3>{body}'


def training_part(run: Run) -> Iterator[str]:
    """The curves of a run's training, if there are any."""
    drawn = draw_curves(run.scalars)
    if drawn is not None:
        yield '<h3>Training</h3><div class="curves">'
        yield page.figure('image/svg+xml', drawn.encode(), 'loss and validation curves')
        yield '</div>'


def settings_part(run: Run) -> Iterator[str]:
    """What it takes to run it again."""
    records: list[Named] = [('train', run.train)] if run.train else []
    records += [(f'test on {test["split"]}', test) for test in run.tests]
    if not records:
        return
    _, last = records[0]
    yield '<h3>Settings</h3>'
    yield page.definitions(last['settings'])
    yield '<h3>Commands</h3>'
    yield page.code(
        '\n'.join(
            f'# {name}, {record["started"]}\n{record["command"]}' for name, record in records
        )
    )
    yield page.foldable('Environment', page.definitions(last['environment']))
    yield page.foldable('Whole config', page.code(last['config']))
