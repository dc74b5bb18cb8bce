"""Table 3 of the paper: its rows, its figures, and how ours are laid out beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The datasets whose configs can fill the table, by the suffix of their configs.
DATASETS = {'scenes': 'InstrumentScenes', 'music': 'MUSIC'}
#: What was trained on, by the suffix of the configs.
SETTINGS = {'single': '', 'multi': '_multi'}

_TITLES = {
    'single': 'Single-source: trained on solos',
    'multi': 'Multi-source: trained on solos and on clips with several sounds',
}
_COLUMNS = {
    'sdr': 'SDR',
    'sdr_improvement': 'SDR+',
    'sir': 'SIR',
    'sar': 'SAR',
    'si_sdr': 'SI-SDR',
}


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
        metrics (str): Of a row without a model: how its figures begin in every row's metrics.
    """

    title: str
    config: str = ''
    trained: bool = True
    paper: Mapping[str, tuple[float, ...]] | None = None
    metrics: str = ''


def _paper(*values: float) -> dict[str, tuple[float, ...]]:
    return {'single': values[:3], 'multi': values[3:]}


ROWS = (
    SeparationRow('Mixture as estimate', trained=False, metrics='mixture/'),
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
    SeparationRow('CAVL', paper=_paper(6.59, 10.10, 12.56, 6.78, 10.62, 12.19)),
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
    SeparationRow('Ideal binary mask', trained=False, metrics='ideal_binary/'),
    SeparationRow('Ideal ratio mask', trained=False, metrics='ideal_ratio/'),
)


def figures(row: SeparationRow, metrics: Mapping[str, float]) -> dict[str, float]:
    """Those metrics of a :class:`SeparationMetric` that are a row's own, without prefix."""
    prefix = f'separation/{row.metrics}'
    names = [*_COLUMNS, 'listed', 'evaluated']
    return {name: metrics[prefix + name] for name in names if prefix + name in metrics}


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
    where = 'paper' if data == 'music' else 'paper*'
    titles = ['', *_COLUMNS.values(), 'evaluated', 'trained parameters', 'of all']
    titles += ['training, min', *(f'{where}: {name}' for name in ('SDR', 'SIR', 'SAR'))]
    lines = [f'# Table 3: sound separation: {DATASETS[data]}', '']
    for setting, rows in results.items():
        lines += [f'## {_TITLES[setting]}', '', f'| {" | ".join(titles)} |']
        lines.append('|---' + '|---:' * (len(titles) - 1) + '|')
        lines += [_line(row) for row in rows]
        lines.append('')
    lines += [
        'dB, mean over the sources of a mixture, then over mixtures; SDR+: over the mixture as',
        'estimate. Training: its iterations as logged, without validation. NMF-MFCC, Grad-CAM and',
        'the rows without a model are not trained: the same in both settings. ‡ its clusters are',
        'named by the references, which no other row sees: a bound.',
    ]
    if data != 'music':
        lines.append('paper*: on MUSIC, not to be compared with the other columns.')
    notes = [
        f'- {row["title"]} ({setting}-source): {row["note"]}'
        for setting, rows in results.items()
        for row in rows
        if row['note']
    ]
    return '\n'.join(
        [*lines, *(['', '## Rows without a figure', ''] if notes else []), *notes, '']
    )


def _line(row: Mapping[str, Any]) -> str:
    found = row['figures'] or {}
    cells = [row['title'], *(f'{found[k]:.2f}' if k in found else '-' for k in _COLUMNS)]
    both = 'evaluated' in found
    cells.append(f'{found["evaluated"]:.0f} of {found["listed"]:.0f}' if both else '-')
    cells += [f'{count:,}' for count in row['parameters']] or ['-', '-']
    cells.append('-' if row['minutes'] is None else f'{row["minutes"]:.1f}')
    cells += [f'{value:.2f}' for value in row['paper']] or ['-'] * 3
    return f'| {" | ".join(cells)} |'
