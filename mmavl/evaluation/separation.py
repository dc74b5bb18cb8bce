"""From the figures of single mixtures to those of a split."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from rich import box
from rich.console import Console
from rich.table import Table

#: Names of the figures, in the order in which ``MixtureScores`` holds them.
FIGURES = ('sdr', 'sir', 'sar', 'si_sdr')
#: A mixture as estimate has no artifacts, so nothing can be gained over its SAR.
IMPROVED = ('sdr', 'sir', 'si_sdr')

_TITLES = {'sdr': 'SDR', 'sir': 'SIR', 'sar': 'SAR', 'si_sdr': 'SI-SDR'}
_NOTE = (
    'dB, mean over the sources of a mixture, then over mixtures; +: over the mixture as estimate.'
)


@dataclass(frozen=True)
class MixtureScores:
    """The figures of one mixture.

    Attributes:
        clip_id (str): Names the mixture.
        labels (list[int]): Class of each source, [n].
        rows (dict): 'model', 'mixture', ... -> [n][4] in dB, in the order of ``FIGURES``; nan
            where it is not evaluated.
    """

    clip_id: str
    labels: list[int]
    rows: dict[str, list[list[float]]]

    def evaluated(self, row: str) -> bool:
        """Whether a row has figures, which it has for all sources or for none."""
        return not any(math.isnan(value) for source in self.rows[row] for value in source)

    def mean(self, row: str, figure: str) -> float:
        """A figure's mean over the sources."""
        return fmean(source[FIGURES.index(figure)] for source in self.rows[row])


def summarise(scores: Sequence[MixtureScores], classes: Sequence[str] = ()) -> dict[str, float]:
    """Average figures over the sources of each mixture, then over mixtures.

    - ``sdr``, ``sir``, ``sar``, ``si_sdr``: of the model's estimates, in dB; and
      ``sdr_improvement``, ``sir_improvement``, ``si_sdr_improvement``: what they gain over the
      mixture as estimate.
    - ``listed``, ``evaluated``, ``skipped``: mixtures; one is skipped because a reference or an
      estimate of it is silent.
    - ``mixture/sdr``, ``ideal_binary/sdr``, ``ideal_ratio/sdr``, ...: of the rows without a
      model, over the mixtures whose references are not silent.
    - ``class/{name}/sdr``, ..., ``class/{name}/sdr_improvement``, ``class/{name}/sources``: over
      all sources of a class, the model's.

    Args:
        scores (Sequence[MixtureScores]): Each mixture once.
        classes (Sequence[str]): Names of the labels.

    Returns:
        dict[str, float]: Without the figures of which there is none.
    """
    metrics = {'listed': float(len(scores))}
    done = [s for s in scores if s.evaluated('model')]
    metrics |= {'evaluated': float(len(done)), 'skipped': float(len(scores) - len(done))}
    for row in dict.fromkeys(row for s in scores for row in s.rows):
        prefix = '' if row == 'model' else f'{row}/'
        kept = [s for s in scores if s.evaluated(row)]
        if kept:
            metrics |= {f'{prefix}{f}': fmean(s.mean(row, f) for s in kept) for f in FIGURES}
    if done:
        for figure in IMPROVED:
            gains = (s.mean('model', figure) - s.mean('mixture', figure) for s in done)
            metrics[f'{figure}_improvement'] = fmean(gains)
    return metrics | _by_class(done, classes)


def _by_class(scores: Iterable[MixtureScores], classes: Sequence[str]) -> dict[str, float]:
    found: dict[int, list[tuple[list[float], list[float]]]] = {}
    for mixture in scores:
        for label, *figures in zip(mixture.labels, mixture.rows['model'], mixture.rows['mixture']):
            found.setdefault(label, []).append(tuple(figures))
    metrics = {}
    for label in sorted(found):
        prefix = f'class/{classes[label] if label < len(classes) else label}'
        metrics[f'{prefix}/sources'] = float(len(found[label]))
        for column, figure in enumerate(FIGURES):
            metrics[f'{prefix}/{figure}'] = fmean(model[column] for model, _ in found[label])
            if figure in IMPROVED:
                gains = (model[column] - mixture[column] for model, mixture in found[label])
                metrics[f'{prefix}/{figure}_improvement'] = fmean(gains)
    return metrics


def table(metrics: Mapping[str, float]) -> str:
    """Lay a summary out as text: the model, the rows without one, then the classes."""
    laid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ('row', 'evaluated'):
        laid.add_column(title, no_wrap=True)
    keys = [key for f in FIGURES for key in ([f, f'{f}_improvement'] if f in IMPROVED else [f])]
    for key in keys:
        figure = key.removesuffix('_improvement')
        laid.add_column(_TITLES[figure] + ('+' if key != figure else ''), justify='right')
    rows = dict.fromkeys(key.rpartition('/')[0] for key in metrics)
    for row in rows:
        prefix = f'{row}/' if row else ''
        if row.startswith('class/'):
            count = f'{metrics[f"{prefix}sources"]:.0f} sources'
        else:
            count = '' if row else f'{metrics["evaluated"]:.0f} of {metrics["listed"]:.0f}'
        values = [metrics.get(prefix + key) for key in keys]
        cells = ['-' if value is None else f'{value:.2f}' for value in values]
        name = row.removeprefix('class/').replace('_', ' ') or 'model'
        laid.add_row(name, count, *cells)
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(laid)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    return '\n'.join([*(line for line in lines if line), _NOTE])
