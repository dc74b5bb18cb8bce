"""A self-contained HTML page to inspect separated mixtures and listen to them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmavl.evaluation.separation import separation_table

from .html_report import view
from .page import listening_script, picture, sound, write_page
from .run_record import Run

#: Titles of the kinds of mixtures.
KINDS = {
    'spread': 'Evenly spread over the split',
    'best': 'The best, by SDR',
    'worst': 'The worst, by SDR',
}


def write_listening_page(run: Run, split: str, out: str | Path) -> None:
    """Write the page, ``pages/listening.html``; it loads no other files.

    Args:
        run (Run): A run tested on the split, whose record has ``mixtures``: dicts with ``kind``
            (a key of :data:`KINDS`), ``clip_id``, ``sdr`` (None: not evaluated), ``picture`` and
            ``sounds``, pairs of a label and a file; all paths are relative to the run's folder.
        split (str): The split of the test.
        out (str | Path): The file.

    Raises:
        OSError: The page cannot be written.
    """
    test = next(test for test in run.tests if test['split'] == split)
    shown = [(KINDS[kind], [m for m in test['mixtures'] if m['kind'] == kind]) for kind in KINDS]
    write_page(
        'listening.html',
        out,
        title=f'{run.name}: separation, split “{split}”',
        table=separation_table(test['metrics']),
        kinds=[(title, [_mixture(run, m) for m in mixtures]) for title, mixtures in shown],
        run=view(run),
        listening_script=listening_script(),
    )


def _mixture(run: Run, mixture: Mapping[str, Any]) -> dict[str, Any]:
    """The picture and the sounds of a mixture."""
    sounds = [sound(run.path, file, words) for words, file in mixture['sounds']]
    return {
        'picture': picture(run.path / mixture['picture'], mixture['clip_id']),
        'sounds': sounds,
    }
