"""Table 3 of the paper: its rows, its figures, and ours next to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmavl.evaluation.localization_tables import EVALUATED
from mmavl.evaluation.result_table import Column, ResultTable, Row
from mmavl.evaluation.separation import by_row
from mmavl.evaluation.titles import metric_column

from .localization import notes_part

#: The datasets whose configs can fill the table, by the suffix of their configs.
DATASETS = {'scenes': 'InstrumentScenes', 'music': 'MUSIC'}
#: What was trained on, by the suffix of the configs.
SETTINGS = {'single': '', 'multi': '_multi'}

_TITLES = {
    'single': 'Single-source: trained on solos',
    'multi': 'Multi-source: trained on solos and on clips with several sounds',
}
_PAPER = ('SDR', 'SIR', 'SAR')
_FIGURES = ('sdr', 'sdr_improvement', 'sir', 'sar', 'si_sdr')


@dataclass(frozen=True)
class SeparationRow:
    """A row of Table 3.

    Attributes:
        title (str): As printed.
        config (str): The config's name without suffix, with ``{data}`` in it; empty for a method
            that mmavl has no config for.
        trained (bool): Whether it takes a checkpoint of its own.
        paper (Mapping): Setting -> SDR, SIR and SAR in the paper; empty for a row it does not
            have.
        metrics (str): Of a row without a model: its name in every row's metrics.
    """

    title: str
    config: str = ''
    trained: bool = True
    paper: Mapping[str, tuple[float, ...]] | None = None
    metrics: str = ''


def _paper(*values: float) -> dict[str, tuple[float, ...]]:
    return {'single': values[:3], 'multi': values[3:]}


ROWS = (
    SeparationRow('Mixture as estimate', trained=False, metrics='mixture'),
    SeparationRow(
        'NMF-MFCC', 'separation_{data}_nmf', False, _paper(0.92, 5.68, 5.84, 0.92, 5.68, 5.84)
    ),
    SeparationRow(
        'AV-Mix-Sep', 'peers/av-mix-sep_{data}', paper=_paper(3.16, 6.74, 8.89, 3.23, 7.01, 9.14)
    ),
    SeparationRow(
        'Sound-of-Pixels',
        'peers/sound-of-pixels_{data}',
        paper=_paper(7.30, 11.90, 11.90, 6.05, 9.81, 12.40),
    ),
    SeparationRow(
        'Co-Separation',
        'peers/co-separation_{data}',
        paper=_paper(7.38, 13.70, 10.80, 7.64, 13.80, 11.30),
    ),
    SeparationRow(
        'CAVL',
        'separation_{data}_cavl',
        paper=_paper(6.59, 10.10, 12.56, 6.78, 10.62, 12.19),
    ),
    SeparationRow(
        'Ours Grad-CAM',
        'separation_{data}_grad_cam',
        False,
        _paper(-2.78, -0.01, 7.79, -2.49, 0.08, 8.34),
    ),
    SeparationRow(
        'Ours Audio',
        'separation_{data}_audio',
        paper=_paper(-1.16, 0.33, 11.11, -0.97, 0.43, 11.02),
    ),
    SeparationRow(
        'Ours Visual', 'separation_{data}', paper=_paper(6.53, 12.15, 11.31, 6.57, 11.90, 10.78)
    ),
    SeparationRow('NMF-MFCC, named‡', 'separation_{data}_nmf_oracle', False),
    SeparationRow('Ideal binary mask', trained=False, metrics='ideal_binary'),
    SeparationRow('Ideal ratio mask', trained=False, metrics='ideal_ratio'),
)


def figures(row: SeparationRow, metrics: Mapping[str, float]) -> dict[str, float]:
    """Those metrics of a :class:`SeparationMetric` that are a row's own, without prefix."""
    found = by_row(metrics).get(row.metrics or 'model', {})
    return {name: found[name] for name in (*_FIGURES, 'listed', 'evaluated') if name in found}


def layout(data: str, results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Lay the table out as Markdown, one part for each setting; dB.

    Args:
        data (str): The dataset that was evaluated on.
        results (Mapping): Setting -> rows in the order to print: ``title``, ``paper`` (SDR, SIR,
            SAR or empty), ``figures`` (of :func:`figures`, or None), ``parameters`` (trained,
            all) and ``minutes`` (None: not known or not trained), and ``note``.

    Returns:
        str: Markdown.
    """
    lines = [f'# Table 3: sound separation: {DATASETS[data]}', '']
    where = 'paper' if data == 'music' else 'paper*'
    columns = [*map(metric_column, _FIGURES), EVALUATED]
    columns += [Column('trained', 'trained parameters'), Column('all', 'of all')]
    columns += [Column('minutes', 'training, min')]
    columns += [Column(f'paper/{name}', f'{where}: {name}', digits=2) for name in _PAPER]
    for setting, results_of_setting in results.items():
        table = ResultTable(columns, [_row(result) for result in results_of_setting])
        lines += [f'## {_TITLES[setting]}', '', table.to_markdown(), '']
    lines += [
        'dB, mean over the sources of a mixture, then over mixtures; SDR+: over the mixture as',
        'estimate. Training: its iterations as logged, without validation. NMF-MFCC, Grad-CAM and',
        'the rows without a model are not trained: the same in both settings. ‡ its clusters are',
        'named by the references, which no other row gets: a bound.',
    ]
    if data != 'music':
        lines.append('paper*: on MUSIC, not to be compared with the other columns.')
    notes = [
        f'- {row["title"]} ({setting}-source): {row["note"]}'
        for setting, rows in results.items()
        for row in rows
        if row['note']
    ]
    return '\n'.join([*lines, *notes_part(notes), ''])


def _row(result: Mapping[str, Any]) -> Row:
    """Figures, costs and the paper's figures."""
    counts = (f'{count:,}' for count in result['parameters'])
    costs = {'minutes': result['minutes'], **dict(zip(('trained', 'all'), counts))}
    paper = {f'paper/{name}': value for name, value in zip(_PAPER, result['paper'])}
    return Row(result['title'], {**(result['figures'] or {}), **costs, **paper})
