"""One self-contained HTML page to look at separated mixtures and to listen to them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import mmavl
from mmavl.evaluation.separation import separation_table
from mmavl.utils.failures import error_line
from mmavl.utils.files import atomic_write

from . import page
from .html_report import settings_part, training_part
from .media import flac_bytes
from .page import escape
from .run_record import Run

#: What mixtures are shown, by the name of their kind.
KINDS = {
    'spread': 'Evenly spread over the split',
    'best': 'The best, by SDR',
    'worst': 'The worst, by SDR',
}
_NOTES = (
    'Each row of a picture is one source: its frame with the map that guided its separation, '
    'mixture × mask = estimate, and the reference. Frequencies are logarithmic, colours are alike '
    'in all spectrograms of a mixture. The sounds of a mixture are all brought to one level by '
    'the same factor; a sound starts where the one before was left.'
)


def write_listening_page(run: Run, split: str, out: str | Path) -> None:
    """Write the page; it loads nothing, so it can be mailed or archived as it is.

    Args:
        run (Run): With a test on the split whose record has ``mixtures``: dicts with ``kind``
            (of :data:`KINDS`), ``clip_id``, ``sdr`` (None: not evaluated), ``picture`` and
            ``sounds``, pairs of words and a file, all files relative to the run's folder.
        split (str): Which test.
        out (str | Path): The file.

    Raises:
        OSError: The page cannot be written.
    """
    test = next(test for test in run.tests if test['split'] == split)
    title = f'{run.name}: separation, split “{split}”'
    now = datetime.now().strftime('%Y-%m-%d %H:%M')
    body = [
        f'<h1>{escape(title)}</h1>',
        f'<p class="faint">Sound separation, written by mmavl {mmavl.__version__} on {now}.</p>',
        '<h2>Figures</h2>',
        separation_table(test['metrics']).to_html(),
        '<h2>Look and listen</h2>',
        f'<p class="faint">{_NOTES}</p>',
        *_mixtures(run, test['mixtures']),
        '<h2>The run</h2>',
        *training_part(run),
        *settings_part(run),
        page.listening_script(),
    ]
    with atomic_write(out) as file:
        file.write(page.page(title, '\n'.join(body)))


def _mixtures(run: Run, mixtures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for kind, title in KINDS.items():
        chosen = [mixture for mixture in mixtures if mixture['kind'] == kind]
        if not chosen:
            continue
        yield f'<h3>{escape(title)}</h3>'
        for mixture in chosen:
            yield page.picture(run.path / mixture['picture'], mixture['clip_id'])
            yield from _sounds(run, mixture)


def _sounds(run: Run, mixture: Mapping[str, Any]) -> Iterator[str]:
    """The players; a sound that cannot be read costs itself only."""
    sounds = []
    for words, file in mixture['sounds']:
        try:
            sounds.append((words, flac_bytes(run.path / file)))
        except Exception as error:
            line = escape(f'The sound {file} cannot be read ({error_line(error)}).')
            yield f'<p class="faint">{line}</p>'
    yield page.sounds(sounds)
