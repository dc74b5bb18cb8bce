"""The tables that close an evaluation: how well maps cover, and where their maxima lie."""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

from .protocols import Protocol
from .result_table import Column, ResultTable, Row
from .titles import LEVEL_TITLES, TITLES, metric_column

#: What the titles mean.
NOTES = {
    'cIoU@t': 'share of frames whose cIoU, averaged over the sounding classes (Eq. 9), reaches t',
    'all sources': 'share of frames in which every sounding class reaches it',
    'pointing': "the maximum of the map lies in the class's own box",
    'silent': 'it lies in the box of a silent instrument, of frames that show one',
    'SFD': 'frames that show a silent instrument of the same family as a sounding one',
    'whole image, centred disc': 'no model; a figure near theirs means little',
}
AGNOSTIC = (
    '† one map for all sounds, scored on the union of the sounding boxes: not to be compared with '
    'rows that have a map for each class'
)
EVALUATED = Column('evaluated', 'evaluated', digits=0, of='listed')
#: Metrics of the second table, and those of them in which more is better.
_PEAKS = [name for name in TITLES if not name.endswith(('_accuracy', '_map'))]
_MERITS = ('pointing', 'sfd/own')
_LEVEL = re.compile(r'(level\d+|consensus)_')


def summary_row(name: str, summary: Mapping[str, float], **options) -> Row:
    """A row from what :func:`~mmavl.evaluation.summary.summarise` gave; see :data:`AGNOSTIC`."""
    agnostic = bool(summary.get('class_agnostic'))
    mark = ' †' if agnostic else ''
    # scored on easier references, such rows are out of competition
    return Row(name + mark, summary, ranked=not (agnostic or options.get('muted')), **options)


def levels_of(rows: Sequence[Row]) -> list[str]:
    """The levels that rows have figures of: 'level1', ... or 'consensus'."""
    return sorted({match[1] for row in rows for key in row.means if (match := _LEVEL.match(key))})


def level_columns(level: str, protocol: Protocol, group: str = '') -> list[Column]:
    """The columns of a level, whose first one names it and its cIoU of success."""
    name = level.replace('level', 'L')
    threshold = protocol.success_threshold(int(name[1:]) if name != 'consensus' else 0)
    titles = dict(LEVEL_TITLES, ciou=f'{name} cIoU@{threshold:g}'.replace('@0.', '@.'))
    return [
        metric_column(f'{level}_{metric}', title, group=group, ranked=True)
        for metric, title in titles.items()
    ]


def localization_tables(
    rows: Sequence[Row], protocol: Protocol, head: str = ''
) -> tuple[ResultTable, ResultTable]:
    """Two tables with a line for each row: success by level, then where the maxima lie.

    Args:
        rows (Sequence[Row]): Of :func:`summary_row`, in the order to print.
        protocol (Protocol): Theirs; of several the first, since all share the cIoU of success.
        head (str): Title of the column of names.

    Returns:
        tuple[ResultTable, ResultTable]: In percent.
    """
    covering, peaks = [EVALUATED], [EVALUATED, metric_column('pointing', ranked=True)]
    for level in levels_of(rows):
        frames = max(row.means.get(f'{level}_frames', 0) for row in rows)
        group = f'{level.replace("level", "level ")} ({frames:.0f} frames)'
        covering += level_columns(level, protocol, group)
        peaks.append(metric_column(f'{level}_pointing', level.replace('level', 'L'), ranked=True))
    peaks += [metric_column(name, ranked=name in _MERITS) for name in _PEAKS if name != 'pointing']
    tags = f'sounding classes {protocol.tags}'
    titles = f'{protocol.key}: {tags}, percent', f'Where the maximum lies: {tags}, percent'
    first, second = (
        ResultTable(columns, rows, title, head).without_empty_columns()
        for columns, title in zip((covering, peaks), titles)
    )
    return first, second


def with_notes(tables: Sequence[ResultTable]) -> str:
    """Tables as text, with what their titles mean."""
    notes = [f'{title}: {words}.' for title, words in NOTES.items()]
    agnostic = any('†' in row.name for table in tables for row in table.rows)
    lines = wrap(' '.join(['Percent.', *notes]), 99) + [AGNOSTIC + '.'] * agnostic
    return '\n'.join([*(table.to_text() for table in tables), *lines])


def trivial_name(row: str) -> str:
    """E.g. 'whole image' of 'whole_image'."""
    return row.replace('_', ' ')
