"""The text tables that close an evaluation."""

import io
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from .protocols import Protocol

#: Protocol, row ('model' or a trivial one) and what ``summarise`` gave for it.
Row = tuple[Protocol, str, Mapping[str, float]]

_NOTES = (
    'Percent. cIoU: share of frames whose class mean of cIoU (Eq. 9) reaches the threshold.',
    'all: every sounding class reaches it. pointing: maxima in the own box. distr.: in a silent',
    'one, of frames that show one. SFD: beside a silent instrument of the same family.',
    'whole image, centred disc: no model.',
)
_AGNOSTIC_NOTE = '† one map for all sounds, scored on the union of the sounding boxes.'


def format_table(rows: Sequence[Row]) -> str:
    """Lay summaries out as text: how well the maps cover, then where their maxima lie.

    Args:
        rows (Sequence[Row]): In the order to print.

    Returns:
        str: Two tables with a line for each row, shares in percent, and notes.
    """
    found = {key for _, _, summary in rows for key in summary}
    levels = sorted(key.removesuffix('_auc') for key in found if key.endswith('_auc'))
    covering: dict[str, str] = {}
    pointing = {'pointing': 'pointing'}
    for level in levels:
        number = int(level.removeprefix('level')) if level != 'consensus' else 0
        threshold = f'{rows[0][0].success_threshold(number):g}'.removeprefix('0')
        name = f'L{number}' if number else level
        covering |= {
            f'{level}_ciou': f'{name} cIoU@{threshold}',
            f'{level}_auc': 'AUC',
            f'{level}_mean_ciou': 'mean',
            f'{level}_all_sources': 'all',
        }
        pointing[f'{level}_pointing'] = name
    pointing |= {
        'distraction_same': 'distr. same',
        'distraction_other': 'distr. other',
        'distraction': 'distr. any',
        'confusion': 'confused',
        'sfd/own': 'SFD own',
        'sfd/silent': 'SFD silent',
        'missed_classes': 'missed',
        'invented_per_frame': 'invented / frame',
    }
    agnostic = [_AGNOSTIC_NOTE] if 'class_agnostic' in found else []
    tables = [_table(rows, columns, found) for columns in (covering, pointing)]
    return '\n'.join([*tables, *_NOTES, *agnostic])


def _table(rows: Iterable[Row], titles: Mapping[str, str], found: set[str]) -> str:
    columns = [key for key in titles if key in found]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ('protocol', 'row', 'evaluated'):
        table.add_column(title, no_wrap=True)
    for key in columns:
        table.add_column(titles[key], justify='right', no_wrap=True)
    for protocol, row, summary in rows:
        head = _protocol_title(protocol) if row == 'model' else ''
        name = row.replace('_', ' ') + ('†' if 'class_agnostic' in summary else '')
        counts = f'{summary["evaluated"]:.0f} of {summary["listed"]:.0f}'
        table.add_row(head, name, counts, *(_cell(key, summary) for key in columns))
    console = Console(file=io.StringIO(), width=400, color_system=None)
    console.print(table)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    return '\n'.join(line for line in lines if line)


def _protocol_title(protocol: Protocol) -> str:
    if protocol.name != 'val_best':
        return protocol.key
    return protocol.key.replace('val_best', f'val_best@{protocol.threshold:g}')


def _cell(key: str, summary: Mapping[str, float]) -> str:
    if key not in summary:
        return '-'
    return f'{summary[key]:.2f}' if key == 'invented_per_frame' else f'{100 * summary[key]:.1f}'
