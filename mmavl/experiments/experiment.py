"""An experiment: some runs, each with several seeds, from a YAML file."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from mmavl.errors import ConfigError

from .trial import Stage, Trial, stages_of

_NAME = re.compile(r'[\w.=,+-]+')
_NOT_IN_NAMES = re.compile(r'[^\w.=,+-]+')


@dataclass
class Experiment:
    """What is run.

    Attributes:
        runs (dict): Name -> ``config`` (path or name) and ``options`` (values to change, by
            dotted key). The first is what the others are compared with.
        seeds (int | list[int]): How many, from 0; or which. Defaults to 1.
        grid (dict): Dotted key -> values; every run is trained with every combination.
        split (str): Which split is tested. Defaults to 'val' with a grid, so that nothing is
            chosen on the test split, else 'test'.
        protocols (list[str]): Of localizers; by default those of the configs.
        metrics (list[str]): Columns of the table; by default the pointing and mean cIoU under
            the first protocol, or all metrics if there are none.
        budget (float, optional): Minutes of training steps; by default the configs' epochs.
        probe_clips (int): Clips of the audio probe. Defaults to 0: none.
    """

    runs: dict[str, dict[str, Any]]
    seeds: int | list[int] = 1
    grid: dict[str, list] = field(default_factory=dict)
    split: str = ''
    protocols: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    budget: float | None = None
    probe_clips: int = 0

    def trials(self, dtype: str | None = None) -> list[tuple[Trial, list[Stage]]]:
        """All trials with their configs, seed after seed.

        Raises:
            ConfigError: A config cannot be parsed, or two runs would share a folder.
            FileNotFoundError: A config does not exist.
        """
        seeds = range(self.seeds) if isinstance(self.seeds, int) else self.seeds
        split = self.split or ('val' if self.grid else 'test')
        rows = {}
        for name, run in self.runs.items():
            for values in itertools.product(*self.grid.values()):
                changed = dict(zip(self.grid, values))
                suffix = ','.join(f'{k.rpartition(".")[2]}={v}' for k, v in changed.items())
                options = {**run.get('options', {}), **changed}
                row = _NOT_IN_NAMES.sub('_', ','.join(filter(None, [str(name), suffix])))
                if row in rows:
                    raise ConfigError(f'two runs would share the folder {row!r}: rename a run')
                rows[row] = stages_of(run['config'], options)
        return [
            (self._trial(row, seed, stages, split, dtype), stages)
            for seed in seeds
            for row, stages in rows.items()
        ]

    def _trial(
        self, row: str, seed: int, stages: Sequence[Stage], split: str, dtype: str | None
    ) -> Trial:
        names = [stage.name for stage in stages]
        return Trial(row, seed, names, self.budget, self.protocols, self.probe_clips, dtype, split)


def read_experiment(path: str | Path) -> Experiment:
    """Read the YAML file of an experiment.

    Raises:
        ConfigError: It is not one; the message says why.
        FileNotFoundError: There is no such file.
    """
    text = Path(path).read_text(encoding='utf-8')
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f'{path} is not YAML ({error})') from error
    known = {item.name for item in fields(Experiment)}
    if not isinstance(content, dict) or set(content) - known or not content.get('runs'):
        unknown = ', '.join(sorted(set(content) - known)) if isinstance(content, dict) else ''
        problem = f'unknown: {unknown}' if unknown else 'no runs'
        raise ConfigError(f'{path}: {problem}; an experiment has {", ".join(sorted(known))}')
    for name, run in content['runs'].items():
        _check_run(path, str(name), run)
    if not isinstance(content.get('grid', {}), dict):
        raise ConfigError(f'{path}: grid must be keys with lists of values')
    for key, values in content.get('grid', {}).items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f'{path}: grid: {key} must have a list of values, not {values!r}')
    return Experiment(**content)


def _check_run(path: str | Path, name: str, run: Any) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError(f'{path}: the run {name!r} names a folder: use letters, digits and -_.=')
    if not isinstance(run, Mapping) or 'config' not in run or set(run) - {'config', 'options'}:
        raise ConfigError(f'{path}: the run {name!r} needs config, and may have options')
