"""Metrics of one or several tests as tables, next to the rows that use no model."""

from collections.abc import Mapping, Sequence

from mmavl.evaluation.localization_tables import localization_tables, summary_row, trivial_name
from mmavl.evaluation.metric_keys import Summaries, from_keys
from mmavl.evaluation.protocols import get_protocol
from mmavl.evaluation.result_table import ResultTable, Row
from mmavl.evaluation.titles import metric_column

_TAGS = ('tags/audio_map', 'tags/visual_map', 'tags/avc_accuracy')

Metrics = Mapping[str, float]


def tables_of_tests(tests: Sequence[tuple[str, Metrics]]) -> list[ResultTable]:
    """For each protocol, success by level; for the first of each kind of tags, the maxima too.

    Args:
        tests (Sequence[tuple]): Name and metrics of each test; all on the same split.

    Returns:
        list[ResultTable]: In percent.
    """
    summaries = [(name, from_keys(metrics)) for name, metrics in tests]
    tables, kinds = [], set()
    for key in dict.fromkeys(key for _, by_protocol in summaries for key in by_protocol):
        protocol = get_protocol(key)
        success, maxima = localization_tables(_rows(summaries, key), protocol)
        tables += [success] if protocol.tags in kinds or not maxima.columns else [success, maxima]
        kinds.add(protocol.tags)
    return tables


def tag_table(tests: Sequence[tuple[str, Metrics]]) -> ResultTable | None:
    """The figures of ``TagMetric``, percent; None where no test has one."""
    columns = [metric_column(key, ranked=True) for key in _TAGS]
    rows = [Row(name, metrics) for name, metrics in tests]
    table = ResultTable(columns, rows, 'Tags and correspondence, percent').without_empty_columns()
    return table if table.columns else None


def _rows(tests: Sequence[tuple[str, Summaries]], protocol: str) -> list[Row]:
    """A row for each test; then the trivial rows, once where they are the same for all."""
    rows, trivial = [], {}
    for name, by_protocol in tests:
        by_row = by_protocol.get(protocol, {})
        agnostic = {'class_agnostic': by_row.get('model', {}).get('class_agnostic', 0.0)}
        for row, summary in by_row.items():
            if row == 'model':
                rows.append(summary_row(name, summary))
            else:
                item = summary_row(trivial_name(row), summary | agnostic, muted=True)
                trivial.setdefault(item.name, item)
    return [*rows, *trivial.values()]
