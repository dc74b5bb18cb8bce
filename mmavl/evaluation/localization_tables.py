"""The tables of an evaluation: coverage of the maps, and positions of their maxima."""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

from .metric_keys import Summaries, from_keys
from .protocols import Protocol, get_protocol
from .result_table import Column, ResultTable, Row
from .titles import EXTRA_TITLES, LEVEL_TITLES, PEAK_TITLES, metric_column

#: Explanations of the titles.
NOTES = {
    'cIoU@t': 'share of frames whose cIoU, averaged over the sounding classes (Eq. 9), reaches t',
    'all sources': 'share of frames in which every sounding class reaches it',
    'pointing': "the maximum of the map is in the class's box",
    'silent': 'it is in the box of a silent instrument, for frames with one',
    'SFD': 'frames with a silent instrument of the same family as a sounding one',
    'whole image, centred disc': 'no model; a figure near theirs means little',
}
AGNOSTIC = (
    '† one map for all sounds, scored on the union of the sounding boxes: not comparable with '
    'rows with a map per class'
)
EVALUATED = Column('evaluated', 'evaluated', digits=0, of='listed')
#: Of the second table, in which more is better.
_MERITS = ('pointing', 'sfd/own')
_TAGS = ('tags/audio_map', 'tags/visual_map', 'tags/avc_accuracy')
#: Of the third, in which less is better.
_FAULTS = ('count/missed', 'count/extra')
_LEVEL = re.compile(r'(level\d+|consensus)_')


def summary_row(name: str, summary: Mapping[str, float], **options) -> Row:
    """A row of a result of :func:`~mmavl.evaluation.summary.summarise`; see :data:`AGNOSTIC`."""
    agnostic = bool(summary.get('class_agnostic'))
    mark = ' †' if agnostic else ''
    # such rows are scored on easier references, so they are not ranked
    return Row(name + mark, summary, ranked=not (agnostic or options.get('muted')), **options)


def levels_of(rows: Sequence[Row]) -> list[str]:
    """The levels for which rows have figures: 'level1', ... or 'consensus'."""
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


def localization_tables(rows: Sequence[Row], protocol: Protocol) -> tuple[ResultTable, ...]:
    """Two tables with a line for each row: success by level, and positions of the maxima.

    Args:
        rows (Sequence[Row]): From :func:`summary_row`, in the order to print.
        protocol (Protocol): Theirs; if several, the first, since all share the success cIoU.

    Returns:
        tuple[ResultTable]: Two, in percent.
    """
    covering, pointing = [EVALUATED], []
    for level in levels_of(rows):
        frames = max(float(row.means.get(f'{level}_frames') or 0) for row in rows)
        group = f'{level.replace("level", "level ")} ({frames:.0f} frames)'
        covering += level_columns(level, protocol, group)
        name = level.replace('level', 'L')
        pointing.append(metric_column(f'{level}_pointing', name, ranked=True))
    first, *others = (metric_column(name, ranked=name in _MERITS) for name in PEAK_TITLES)
    peaks = [EVALUATED, first, *pointing, *others]
    tags = f'sounding classes {protocol.tags}'
    titles = f'{protocol.key}: {tags}, percent', f'Where the maximum lies: {tags}, percent'
    return tuple(
        ResultTable(columns, rows, title, 'row').without_empty_columns()
        for columns, title in zip((covering, peaks), titles)
    )


def evaluation_tables(rows: Mapping[Protocol, Sequence[Row]]) -> tuple[ResultTable, ...]:
    """The tables of several protocols: those with the same cIoU of success stand together.

    Args:
        rows (Mapping[Protocol, Sequence[Row]]): Of :func:`summary_row`, in the order to print.

    Returns:
        tuple[ResultTable]: Two of each cIoU of success, and one of further metrics if there are
        any.
    """
    kinds: dict[tuple[float, ...], tuple[Protocol, list[Row]]] = {}
    for protocol, listed in rows.items():
        kinds.setdefault(protocol.success, (protocol, []))[1].extend(listed)
    tables = [t for first, listed in kinds.values() for t in localization_tables(listed, first)]
    extra = extra_table([row for listed in rows.values() for row in listed])
    return (*tables, *([extra] if extra else []))


def extra_table(rows: Sequence[Row], title: str = 'Further metrics') -> ResultTable | None:
    """What only some protocols ask for, for the rows that have it; None where none has."""
    rows = [row for row in rows if any(key in EXTRA_TITLES for key in row.means)]
    if not rows:
        return None
    columns = [metric_column(key, ranked=key not in _FAULTS) for key in EXTRA_TITLES]
    return ResultTable(columns, rows, title, 'row').without_empty_columns()


def with_notes(tables: Sequence[ResultTable]) -> str:
    """Tables as text, with explanations of their titles."""
    notes = [f'{title}: {words}.' for title, words in NOTES.items()]
    agnostic = any('†' in row.name for table in tables for row in table.rows)
    lines = wrap(' '.join(['Percent.', *notes]), 99) + [AGNOSTIC + '.'] * agnostic
    return '\n'.join([*(table.to_text() for table in tables), *lines])


def tables_of_tests(tests: Sequence[tuple[str, Mapping[str, float]]]) -> list[ResultTable]:
    """For each protocol, success by level; for the first of each kind of tags, also the maxima.

    Args:
        tests (Sequence[tuple]): Name and metrics of each test, all on the same split.

    Returns:
        list[ResultTable]: In percent.
    """
    summaries = [(name, from_keys(metrics)) for name, metrics in tests]
    tables, kinds = [], set()
    for key in dict.fromkeys(key for _, by_protocol in summaries for key in by_protocol):
        protocol = get_protocol(key)
        rows = _rows(summaries, key)
        success, maxima = localization_tables(rows, protocol)
        tables += [success] if protocol.tags in kinds or not maxima.columns else [success, maxima]
        extra = extra_table(rows, f'{key}: further metrics')
        tables += [extra] if extra else []
        kinds.add(protocol.tags)
    return tables


def tag_table(tests: Sequence[tuple[str, Mapping[str, float]]]) -> ResultTable | None:
    """The figures of ``TagMetric`` in percent; None if no test has them."""
    columns = [metric_column(key, ranked=True) for key in _TAGS]
    rows = [Row(name, metrics) for name, metrics in tests]
    table = ResultTable(columns, rows, 'Tags and correspondence, percent').without_empty_columns()
    return table if table.columns else None


def _rows(tests: Sequence[tuple[str, Summaries]], protocol: str) -> list[Row]:
    """A row for each test; then the trivial rows, once if they are the same for all tests."""
    rows: list[Row] = []
    trivial: dict[str, Row] = {}
    for name, by_protocol in tests:
        by_row = by_protocol.get(protocol, {})
        agnostic = {'class_agnostic': by_row.get('model', {}).get('class_agnostic', 0.0)}
        for row, summary in by_row.items():
            if row == 'model':
                rows.append(summary_row(name, summary))
            else:
                item = summary_row(row.replace('_', ' '), summary | agnostic, muted=True)
                trivial.setdefault(item.name, item)
    return [*rows, *trivial.values()]
