"""Conversion of metrics to and from the keys in logs and records: ``{protocol}/{metric}``."""

from collections.abc import Mapping

from .protocols import OPTIONS, PROTOCOLS
from .scoring import TRIVIAL

#: Metrics by protocol ('half_max/predicted') and row ('model' or a key of TRIVIAL).
Summaries = dict[str, dict[str, dict[str, float]]]
_OF_TRIVIAL_ROWS = ('_ciou', '_auc', 'pointing', 'all_sources', '/ciou', '/auc', '/success')


def to_keys(summaries: Summaries) -> dict[str, float]:
    """Flat metrics: all of the model, and the comparable ones of rows without a model."""
    return {
        f'{protocol}/{name}' if row == 'model' else f'{protocol}/{row}/{name}': value
        for protocol, rows in summaries.items()
        for row, summary in rows.items()
        for name, value in summary.items()
        if row == 'model' or name.endswith(_OF_TRIVIAL_ROWS)
    }


def from_keys(metrics: Mapping[str, float]) -> Summaries:
    """The metrics of each protocol and row, with any prefix; others are ignored."""
    summaries: Summaries = {}
    for key, value in metrics.items():
        parts = key.split('/')
        start = next((i for i, part in enumerate(parts[:-1]) if part in PROTOCOLS), None)
        if start is None:
            continue
        end = start + 1
        while parts[end] in OPTIONS:
            end += 1
        row = parts[end] if parts[end] in TRIVIAL else 'model'
        name = '/'.join(parts[end + (row != 'model') :])
        rows = summaries.setdefault('/'.join(parts[start:end]), {})
        rows.setdefault(row, {})[name] = value
    return summaries
