"""The leaderboard: every localizer of a dataset, trained in the same time and compared."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.engine.config import load_config
from mmavl.errors import ConfigError
from mmavl.evaluation.localization_tables import summary_row
from mmavl.evaluation.metric_keys import from_keys
from mmavl.evaluation.result_table import Column, ResultTable, Row, row_of_runs
from mmavl.evaluation.titles import metric_column
from mmavl.models.localizers import BaseLocalizer
from mmavl.registry import MODELS
from mmavl.utils.shipped import config_names, find_config

from .published import with_published_networks
from .trial import Stage, Trial, read_outcome, stages_of

#: One map for the whole sound, which every method has; of classes that the method predicts.
WHOLE = 'half_max/union/predicted'
#: A map for each sounding class.
BY_CLASS = 'half_max'
PROTOCOLS = [WHOLE, BY_CLASS, 'original/union/predicted']
#: Tables by title, each with its protocol.
TABLES = {'One map for the whole sound': WHOLE, 'A map for each class': BY_CLASS}
#: Folders of configs whose localizers are rows.
_FOLDERS = ('', 'baselines', 'peers')

_SCORES = ('pointing', 'average_ciou', 'sfd/own', 'sfd/silent', 'distraction')
_SCORE_TITLES = {'average_ciou': 'cIoU', 'sfd/own': 'SFD own', 'distraction': 'any silent'}
_COSTS = (
    Column('probe/dependence', 'listens', digits=2),
    Column('epochs', 'epochs', digits=0),
    Column('cost/trained', 'trained (M)', digits=2),
    Column('cost/parameters', 'parameters (M)', digits=1),
    Column('cost/ms_per_clip', 'ms per clip', digits=1),
    Column('memory_mb', 'peak MB', digits=0),
)
NOTES = {
    'pointing': 'the maximum of the map is in a sounding box',
    'cIoU': 'success rate, mean over frames with one, two and three sources',
    'SFD own, SFD silent': 'the maximum is on a sounding instrument, or on the silent one, in '
    'frames with a silent instrument of the same family',
    'any silent': 'the maximum is on a silent instrument, in frames with one',
    'listens': 'change of the maps under sounds that are off screen: 0 for a method that ignores '
    'the sound, 1 for unrelated maps',
    'trained': 'parameters that training changes',
    'ms per clip': 'of the model alone, fastest half of the test batches',
    'peak MB': 'of the whole process, in training and test',
}


@dataclass
class Method:
    """A row of the leaderboard.

    Attributes:
        name (str): The config's name, without the dataset.
        stages (list[Stage]): Its trainings.
    """

    name: str
    stages: list[Stage]


def find_methods(
    data: str,
    names: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    published: bool = False,
) -> list[Method]:
    """The localizers to compare: by default every config ``<name>_<data>`` of one.

    Args:
        data (str): The dataset, as configs name it: 'scenes', 'flickr', 'music', ...
        names (Sequence[str]): Names without the dataset, names of configs, or paths of others.
        options (Mapping, optional): Values to change in all configs, by dotted key.
        published (bool): Whether each has the networks of its paper. Defaults to False: those
            of its config for this dataset.

    Raises:
        ConfigError: A config is not of a localizer, or there is none.
        FileNotFoundError: There is no such config.
    """
    init_default_scope('mmavl')
    paths = [_path(name, data) for name in names] or list(_localizers(data))
    if not paths:
        raise ConfigError(f'--data {data}: no config is named <method>_{data}')
    methods = []
    for path in paths:
        stages = stages_of(path, options)
        if not _is_localizer(stages[-1].cfg):
            raise ConfigError(f'{path}: its model is not a localizer')
        if published:
            stages = [
                Stage(s.name, with_published_networks(s.name, s.cfg, data, options))
                for s in stages
            ]
        methods.append(Method(Path(path).stem.removesuffix(f'_{data}'), stages))
    return methods


def _path(name: str, data: str) -> Path:
    try:
        return find_config(f'{name}_{data}')
    except FileNotFoundError:
        return find_config(name)


def _localizers(data: str) -> Iterator[Path]:
    for name, path in config_names().items():
        folder, _, stem = name.rpartition('/')
        if folder in _FOLDERS and stem.endswith(f'_{data}') and _is_localizer(load_config(path)):
            yield path


def _is_localizer(cfg: Config) -> bool:
    kind = (cfg.get('model') or {}).get('type')
    kind = MODELS.get(kind) if isinstance(kind, str) else kind
    return isinstance(kind, type) and issubclass(kind, BaseLocalizer)


def write_trials(
    methods: Sequence[Method],
    root: str | Path,
    seeds: int,
    minutes: float,
    probe_clips: int,
    dtype: str | None = None,
) -> list[Path]:
    """Write the requests of all trials, seed after seed, and return their folders.

    Raises:
        ConfigError: The folder holds trials with other settings.
    """
    folders = []
    for seed in range(seeds):
        for method in methods:
            names = [stage.name for stage in method.stages]
            trial = Trial(method.name, seed, names, minutes, PROTOCOLS, probe_clips, dtype)
            folders.append(trial.write(root, method.stages))
    return folders


def read_rows(folders: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """The outcomes of each method, seed after seed; methods without any are left out."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for folder in folders:
        outcome = read_outcome(folder)
        if outcome is not None:
            rows.setdefault(folder.parent.name, []).append(outcome)
    return rows


def tables(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[ResultTable]:
    """The tables: all methods with one map per sound, and those with a map per class.

    Args:
        rows (Mapping): From :func:`read_rows`.

    Returns:
        list[ResultTable]: Mean and standard deviation over seeds, in percent, best rows first.
    """
    scores = [
        metric_column(key, _SCORE_TITLES.get(key), ranked=key in _SCORES[:3]) for key in _SCORES
    ]
    aware = {name: runs for name, runs in rows.items() if not _is_agnostic(runs)}
    made = [
        ResultTable([*scores, *costs], _ranked(listed, protocol), title, 'method')
        for (title, protocol), listed, costs in zip(TABLES.items(), (rows, aware), (_COSTS, ()))
    ]
    return [table.without_empty_columns() for table in made if table.rows]


def _is_agnostic(runs: Sequence[Mapping[str, Any]]) -> bool:
    return bool(runs[0]['metrics'].get(f'{BY_CLASS}/class_agnostic'))


def _ranked(rows: Mapping[str, Sequence[Mapping[str, Any]]], protocol: str) -> list[Row]:
    """Methods by pointing; then rows without a model."""
    listed = []
    for name, runs in rows.items():
        figures = [_figures(run, protocol) for run in runs]
        row = row_of_runs(name, figures)
        costs = {'cost/parameters', 'cost/trained', 'cost/ms_per_clip', 'memory_mb', 'epochs'}
        spreads = {k: v for k, v in row.spreads.items() if k not in costs}
        listed.append(Row(name, row.means, spreads))
    listed.sort(key=lambda row: -float(row.means.get('pointing') or 0))
    trivial = from_keys(next(iter(rows.values()))[0]['metrics'])[protocol] if rows else {}
    return listed + [
        summary_row(name.replace('_', ' '), figures, muted=True)
        for name, figures in trivial.items()
        if name != 'model'
    ]


def _figures(run: Mapping[str, Any], protocol: str) -> dict[str, float]:
    metrics = run['metrics']
    kept = {k: v for k, v in metrics.items() if k.startswith(('probe/', 'cost/'))}
    for key in ('cost/parameters', 'cost/trained'):
        kept[key] = kept[key] / 1e6
    kept['memory_mb'] = run['memory_mb']
    if run['stages']:
        kept['epochs'] = float(sum(stage['epochs'] for stage in run['stages'].values()))
    return from_keys(metrics)[protocol]['model'] | kept


def default_jobs(backbones: str) -> int:
    """How many trials run at a time: small models do not use several cores well."""
    return os.cpu_count() or 1 if backbones == 'cached' else 1
