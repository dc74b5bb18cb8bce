"""Tables 1 and 2 of the paper: their rows, their figures, and ours next to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmavl.evaluation import get_protocol
from mmavl.evaluation.localization_tables import EVALUATED, level_columns, levels_of, summary_row
from mmavl.evaluation.metric_keys import from_keys
from mmavl.evaluation.result_table import Column, ResultTable
from mmavl.evaluation.titles import metric_column

#: The datasets whose configs can fill a table, by the suffix of their configs.
DATASETS = {
    'scenes': 'InstrumentScenes',
    'flickr': 'SoundNet-Flickr',
    'audioset': 'AudioSet-instrument',
}
#: Of rows whose class maps are summed without section 3.3's normalisation.
_RAW_SUM = 'raw sum'
#: Metrics after those of the levels.
_OTHERS = ('pointing', 'sfd/own', 'sfd/silent', 'missed_classes')


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        title (str): As printed.
        configs (Mapping[str, str]): Dataset (key of :data:`DATASETS`) -> config's name without
            suffix; empty for a method that mmavl has no config for.
        paper (tuple[float]): The paper's figures in percent, one for each column of the table;
            empty for a row that the paper does not have.
        trained (str): 'own' checkpoint, 'none', or the name of the config, with ``{data}`` in
            it, whose checkpoint the row takes.
        options (Mapping): Values of the config that differ, by dotted key.
        variant (str): Added to the config's name where ``options`` make the row another one.
    """

    title: str
    configs: Mapping[str, str] = field(default_factory=dict)
    paper: tuple[float, ...] = ()
    trained: str = 'own'
    options: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ''

    def source(self, data: str) -> str | None:
        """The config whose checkpoint the row takes on a dataset; None for one without weights."""
        if self.trained == 'none':
            return None
        return self.configs[data] if self.trained == 'own' else self.trained.format(data=data)


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper.

    Attributes:
        title (str): As printed.
        data (str): The paper's dataset; its figures compare with no other.
        columns (tuple[str]): Titles of the paper's columns.
        rows (tuple[Row]): In the order to print.
    """

    title: str
    data: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


#: Those of other papers' localizers.
_PEERS = ('scenes', 'flickr')


def _each(stem: str, datasets: Iterable[str] = DATASETS) -> dict[str, str]:
    return {data: f'{stem}_{data}' for data in datasets}


_PRODUCT = Row(
    'Alignment x class activation (ours)',
    {data: f'stage2_{data}_product' for data in DATASETS},
    trained='stage2_{data}',
)
_NO_EXTENSIONS = Row('Coarse to fine, no extensions', {'scenes': 'stage2_scenes_no_extensions'})

TABLES = {
    1: PaperTable(
        'Table 1: one map for the whole sound',
        'flickr',
        ('cIoU@.5', 'AUC'),
        (
            Row('Random', _each('random'), (7.2, 30.7), trained='none'),
            Row('Attention 10K', _each('attention', _PEERS), (43.6, 44.9)),
            Row('DMC AudioSet', _each('dmc', _PEERS), (41.6, 45.2)),
            Row('CAVL AudioSet', _each('cavl', _PEERS), (50.0, 49.2)),
            Row('AVC', _each('avc')),
            Row('Multi-task', _each('stage1')),
            Row('Class activation (Fig. 5)', {'flickr': 'cam_flickr'}, trained='stage2_{data}'),
            Row('Ours 10K', _each('stage2'), (52.2, 49.6)),
            Row('Ours 20K', {'flickr': 'stage2_flickr_20k'}, (53.8, 50.6)),
            Row('Ours, released variant', {'flickr': 'stage2_flickr_released'}),
            _NO_EXTENSIONS,
            _PRODUCT,
        ),
    ),
    2: PaperTable(
        'Table 2: one map for each sounding class',
        'audioset',
        ('L1 cIoU@.5', 'AUC', 'L2 cIoU@.5', 'AUC', 'L3 cIoU@.3', 'AUC'),
        (
            Row('Random', _each('random'), trained='none'),
            Row('AVC', _each('avc'), (24.8, 32.0, 4.27, 23.6, 5.3, 14.9)),
            Row('Multi-task', _each('stage1'), (20.6, 29.5, 2.37, 17.4, 10.5, 17.8)),
            Row('Ours', _each('stage2'), (32.8, 38.3, 6.16, 23.9, 21.1, 22.0)),
            _NO_EXTENSIONS,
            _PRODUCT,
        ),
    ),
}


def default_protocols(number: int, data: str) -> list[str]:
    """The paper's protocol (`original`) first, then the others.

    The paper's Table 1 sums the maps of the *predicted* classes; its Table 2 is told the classes.
    """
    names = ('original', 'half_max', 'median', 'oracle_area')
    if number == 2:
        return [*names, 'original/predicted', 'half_max/predicted']
    union = '' if data == 'flickr' else '/union'
    predicted = [f'{name}{union}/predicted' for name in names]
    return predicted if data == 'flickr' else [*predicted, 'original/union', 'half_max/union']


def layout(
    table: PaperTable, data: str, protocols: Sequence[str], results: Sequence[Mapping[str, Any]]
) -> str:
    """Lay a table out as Markdown, one part for each protocol; percent.

    Args:
        table (PaperTable): Which one.
        data (str): The dataset that was evaluated on.
        protocols (Sequence[str]): Keys of protocols, as they stand before the metrics' names.
        results (Sequence[Mapping]): In the order to print: ``title``, ``paper``, ``metrics``
            (as :class:`~mmavl.evaluation.LocalizationReport` has them, or None) and ``note``.

    Returns:
        str: Markdown.
    """
    lines = [f'# {table.title}: {DATASETS[data]}', '']
    for protocol in protocols:
        part = _part(table, data, protocol, results)
        lines += [f'## {protocol}', '', part.to_markdown(), '']
    lines += [
        'Percent of frames at or above the cIoU in the column. `original` is the rule of the',
        "paper's evaluation code. † one map for all sounds, scored on the union of the boxes.",
    ]
    if any(_RAW_SUM in line for line in lines):
        lines.append(f'{_RAW_SUM}: the class maps are summed as they are, not normalised first.')
    if data != table.data:
        others = f'on {DATASETS[table.data]}, not to be compared with the other columns'
        lines.append(f'paper*: {others}.')
    notes = [f'- {result["title"]}: {result["note"]}' for result in results if result['note']]
    return '\n'.join([*lines, *notes_part(notes), ''])


def notes_part(notes: Sequence[str]) -> list[str]:
    """Why rows have no figures, under a title."""
    return ['', '## Rows without a figure', '', *notes] if notes else []


def _part(
    table: PaperTable, data: str, protocol: str, results: Sequence[Mapping[str, Any]]
) -> ResultTable:
    """The table of one protocol."""
    rows = []
    rule = get_protocol(protocol)
    raw_sum = replace(rule, raw_sum=True).key
    for result in results:
        scored = from_keys(result['metrics'] or {})
        own = {key: by_row['model'] for key, by_row in scored.items() if 'model' in by_row}
        paper = {f'paper/{number}': f'{value:g}' for number, value in enumerate(result['paper'])}
        rows.append(summary_row(result['title'], own.get(protocol, {}) | paper))
        if raw_sum in own and not rule.raw_sum:
            rows.append(summary_row(f'{result["title"]}, {_RAW_SUM}', own[raw_sum]))
    columns = [column for level in levels_of(rows) for column in level_columns(level, rule)[:2]]
    columns += [metric_column('all_sources', 'all sources'), *map(metric_column, _OTHERS)]
    ours = ResultTable(columns, rows).without_empty_columns().columns
    where = 'paper' if data == table.data else 'paper*'
    theirs = [Column(f'paper/{i}', f'{where}: {name}') for i, name in enumerate(table.columns)]
    return ResultTable([*ours, EVALUATED, *theirs], rows)
