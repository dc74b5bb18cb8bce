"""A trial: one config, trained and tested with one seed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mmengine import Config

from mmavl.engine.config import load_config
from mmavl.errors import ConfigError, DataError
from mmavl.utils.components import component_name
from mmavl.utils.files import atomic_write
from mmavl.utils.shipped import find_config

#: What a finished trial leaves in its folder.
OUTCOME = 'outcome.json'
PREDICTIONS = 'predictions.npz'
_REQUEST = 'trial.json'


@dataclass(frozen=True)
class Stage:
    """A training: of the trial's config, or of one that its weights start from.

    Attributes:
        name (str): The config's name.
        cfg (Config): The config.
    """

    name: str
    cfg: Config


def stages_of(config: str | Path, options: Mapping[str, Any] | None = None) -> list[Stage]:
    """The trainings that a config needs, in order.

    A config needs another one's training if its ``load_from`` is ``work_dirs/<name>/...``.

    Args:
        config (str | Path): Its path or name.
        options (Mapping, optional): Values to change in all of them, by dotted key.

    Returns:
        list[Stage]: The config itself is the last one.

    Raises:
        ConfigError: A config cannot be parsed.
        FileNotFoundError: A config does not exist.
    """
    path = find_config(config)
    cfg = load_config(path, dict(options or {}))
    start = Path(cfg.get('load_from') or '')
    first = stages_of(start.parts[1], options) if start.parts[:1] == ('work_dirs',) else []
    return [*first, Stage(path.stem, cfg)]


@dataclass
class Trial:
    """What is trained and tested, and where.

    Attributes:
        row (str): The name that it shares with the same config's other seeds.
        seed (int): Random seed of all of its trainings.
        stages (list[str]): Names of its trainings; ``<row>/<name>.py`` are their configs.
        minutes (float, optional): Time for the training steps of all stages together, in
            which the numbers of epochs are chosen. None: those of the configs.
        protocols (list[str]): Evaluation protocols of the test.
        probe_clips (int): How many clips the audio probe uses; 0: no probe.
        dtype (str, optional): See :func:`mmavl.engine.launch.prepare_config`.
        split (str): 'test' or 'val', the dataloader of the test. Defaults to 'test'.
    """

    row: str
    seed: int
    stages: list[str]
    minutes: float | None = None
    protocols: list[str] = field(default_factory=list)
    probe_clips: int = 0
    dtype: str | None = None
    split: str = 'test'

    def folder(self, root: str | Path) -> Path:
        """Where it works: ``<root>/<row>/seed<N>``."""
        return Path(root, self.row, f'seed{self.seed}')

    def write(self, root: str | Path, stages: Sequence[Stage]) -> Path:
        """Write its configs and its request, and return its folder.

        Raises:
            ConfigError: The folder holds a trial with other settings.
        """
        folder = self.folder(root)
        for stage in stages:
            _write_once(folder.parent / f'{stage.name}.py', stage.cfg.pretty_text)
        _write_once(folder / _REQUEST, json.dumps(asdict(self), indent=1))
        return folder


def _write_once(path: Path, text: str) -> None:
    """Write a file, or check that it has the same text."""
    if not path.exists():
        with atomic_write(path) as file:
            file.write(text)
    elif path.read_text(encoding='utf-8') != text:
        raise ConfigError(
            f'{path} was written with other settings: choose another folder with --out, or delete '
            f'{path.parent} to run this again'
        )


def read_trial(folder: Path) -> Trial:
    """The trial of a folder."""
    return Trial(**json.loads((folder / _REQUEST).read_text(encoding='utf-8')))


def read_outcome(folder: Path) -> dict[str, Any] | None:
    """What a trial measured; None if it is not finished.

    Raises:
        DataError: The file is damaged.
    """
    path = folder / OUTCOME
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise DataError(f'{path} is damaged ({error}): delete it and run again') from error


def has_maps(cfg: Config) -> bool:
    """Whether a config's test scores localization maps."""
    metrics = cfg.get('test_evaluator') or []
    metrics = [metrics] if isinstance(metrics, dict) else metrics
    return any(component_name(metric['type']) == 'LocalizationMetric' for metric in metrics)
