"""Metrics of one or several tests as tables, beside the rows that use no model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mmavl.evaluation.protocols import PROTOCOLS, get_protocol
from mmavl.evaluation.scoring import TRIVIAL

from .page import Row, Table

_LEVEL_COLUMNS = {'auc': 'AUC', 'all_sources': 'all sources', 'pointing': 'pointing'}
#: Columns of the second table.
_PEAKS = {
    'pointing': 'own box',
    'sfd/own': 'SFD: own',
    'sfd/silent': 'SFD: silent',
    'distraction_same': 'silent, same family',
    'distraction_other': 'silent, other family',
    'distraction': 'any silent',
    'confusion': 'other sounding',
    'missed_classes': 'missed classes',
}
#: Those in which more is better; a low share elsewhere is no merit alone, chance has it too.
_MERITS = ('pointing', 'sfd/own')
_TAG_COLUMNS = {
    'tags/audio_map': 'mAP of what is heard',
    'tags/visual_map': 'mAP of what is seen',
    'tags/avc_accuracy': 'accuracy of correspondence',
}
_COUNTS = ('evaluated', 'listed')
_TAGS = {'given': 'sounding classes given', 'predicted': 'sounding classes predicted'}

Metrics = Mapping[str, float]


def localization_tables(tests: Sequence[tuple[str, Metrics]]) -> list[Table]:
    """For each protocol, success and AUC by level; for the first of each kind, the maxima too.

    Args:
        tests (Sequence[tuple]): Name and metrics of each test; all on the same split.

    Returns:
        list[Table]: Shares in percent.
    """
    tables = []
    printed = set()
    for key in dict.fromkeys(key for _, metrics in tests for key in protocols_of(metrics)):
        chosen = [(name, under(metrics, key)) for name, metrics in tests]
        chosen = [(name, values) for name, values in chosen if values]
        tables.append(_level_table(key, chosen))
        tags = get_protocol(key).tags
        if tags not in printed:
            printed.add(tags)
            tables.append(_peak_table(key, chosen))
    return tables


def protocols_of(metrics: Metrics) -> list[str]:
    """Keys of the protocols that metrics were taken under, e.g. 'half_max/predicted'."""
    found: dict[str, None] = {}
    for name in metrics:
        parts = name.split('/')
        start = next((i for i, part in enumerate(parts[:-1]) if part in PROTOCOLS), None)
        if start is not None:
            end = start + 1
            while parts[end] in ('union', 'predicted'):
                end += 1
            found.setdefault('/'.join(parts[start:end]))
    return list(found)


def under(metrics: Metrics, protocol: str) -> dict[str, float]:
    """The metrics of one protocol, without its key in front."""
    others = ('union/', 'predicted/')
    values = {}
    for name, value in metrics.items():
        _, found, rest = f'/{name}'.partition(f'/{protocol}/')
        if found and not rest.startswith(others):
            values[rest] = value
    return values


def tag_table(tests: Sequence[tuple[str, Metrics]]) -> Table | None:
    """The figures of ``TagMetric``, percent; None where no test has one."""
    keys = [key for key in _TAG_COLUMNS if any(key in metrics for _, metrics in tests)]
    if not keys:
        return None
    rows = [Row(name, [_percent(metrics, key) for key in keys]) for name, metrics in tests]
    columns = [('', _TAG_COLUMNS[key]) for key in keys]
    ranked = frozenset(range(len(keys)))
    return Table('Tags and correspondence, percent', columns, rows, ranked)


def _rows(tests: Sequence[tuple[str, Metrics]], keys: Sequence[str]) -> list[Row]:
    """A row for each test; then the trivial rows, once where they are the same for all."""
    rows, trivial = [], {}
    for name, metrics in tests:
        mark = _mark(metrics)
        values = [_percent(metrics, key) for key in keys]
        # scored against easier references, such methods are out of competition
        rows.append(Row(name + mark, values, ranked=not mark))
        for key in TRIVIAL:
            title = key.replace('_', ' ')
            values = [_percent(metrics, f'{key}/{column}') for column in keys]
            if any(value is not None for value in values):
                trivial.setdefault(
                    title + mark, Row(title + mark, values, muted=True, ranked=False)
                )
    return [*rows, *trivial.values()]


def _mark(metrics: Metrics) -> str:
    return ' †' if metrics.get('class_agnostic') else ''


def _level_table(key: str, tests: Sequence[tuple[str, Metrics]]) -> Table:
    protocol = get_protocol(key)
    levels = sorted({n.split('_')[0] for _, m in tests for n in m if n.endswith('_frames')})
    columns, keys = [], []
    for level in levels:
        number = int(level.removeprefix('level')) if level != 'consensus' else 0
        frames = max(int(metrics.get(f'{level}_frames', 0)) for _, metrics in tests)
        group = f'{level.replace("level", "level ")} ({frames} frames)'
        success = f'{protocol.success_threshold(number):g}'.removeprefix('0')
        columns += [(group, f'cIoU@{success}')]
        columns += [(group, title) for title in _LEVEL_COLUMNS.values()]
        keys += [f'{level}_{name}' for name in ('ciou', *_LEVEL_COLUMNS)]
    title = f'{key}: {_TAGS[protocol.tags]}, percent'
    return Table(title, columns, _rows(tests, keys), ranked=frozenset(range(len(keys))))


def _peak_table(key: str, tests: Sequence[tuple[str, Metrics]]) -> Table:
    keys = [name for name in _PEAKS if any(name in metrics for _, metrics in tests)]
    counts = [[metrics.get(name) for name in _COUNTS] for _, metrics in tests]
    rows = _rows(tests, keys)
    counts += [[None] * len(_COUNTS)] * (len(rows) - len(tests))
    rows = [replace(row, values=[*row.values, *c]) for row, c in zip(rows, counts)]
    columns = [('', _PEAKS[name]) for name in keys] + [('frames', name) for name in _COUNTS]
    ranked = frozenset(i for i, name in enumerate(keys) if name in _MERITS)
    title = f'Where the maximum lies: {_TAGS[get_protocol(key).tags]}, percent'
    return Table(title, columns, rows, ranked, frozenset(range(len(keys), len(columns))))


def _percent(metrics: Metrics, key: str) -> float | None:
    return 100 * metrics[key] if key in metrics else None
