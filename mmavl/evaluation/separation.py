"""From the figures of single mixtures to those of a split."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from .result_table import Column, ResultTable, Row, Value
from .titles import metric_column

#: Names of the figures, in the order in which ``MixtureScores`` holds them.
FIGURES = ('sdr', 'sir', 'sar', 'si_sdr')
#: A mixture as estimate has no artifacts, so nothing can be gained over its SAR.
IMPROVED = ('sdr', 'sir', 'si_sdr')

NOTE = (
    'dB, mean over the sources of a mixture, then over mixtures; +: over the mixture as estimate'
)
#: Rows without a model.
WITHOUT_MODEL = {
    'mixture': 'mixture as estimate',
    'ideal_binary': 'ideal binary mask',
    'ideal_ratio': 'ideal ratio mask',
}


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
        rows = mixture.rows
        for label, model, unchanged in zip(mixture.labels, rows['model'], rows['mixture']):
            found.setdefault(label, []).append((model, unchanged))
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


def by_row(metrics: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """What :func:`summarise` gave, by row: 'model', 'mixture', ..., 'class/Violin', ..."""
    rows: dict[str, dict[str, float]] = {}
    for key, value in metrics.items():
        row, _, figure = key.removeprefix('separation/').rpartition('/')
        rows.setdefault(row or 'model', {})[figure] = value
    return rows


def separation_table(metrics: Mapping[str, float]) -> ResultTable:
    """A summary as a table: the model, the rows without one, then the classes.

    Args:
        metrics (Mapping[str, float]): Of :func:`summarise`, with or without 'separation/' before
            each key.

    Returns:
        ResultTable: In dB.
    """
    keys = [key for f in FIGURES for key in ([f, f'{f}_improvement'] if f in IMPROVED else [f])]
    counts = Column('evaluated', 'evaluated', digits=0, of='listed')
    rows = []
    for name, figures in by_row(metrics).items():
        means: dict[str, Value] = {**figures}
        if 'sources' in figures:
            count = int(figures['sources'])
            means['evaluated'] = f'{count} source{"s" * (count != 1)}'
        title = WITHOUT_MODEL.get(name, name.removeprefix('class/').replace('_', ' '))
        rows.append(Row(title, means, muted=name in WITHOUT_MODEL))
    return ResultTable(
        [counts, *map(metric_column, keys)], rows, f'{NOTE}; the model by class', 'row'
    )
