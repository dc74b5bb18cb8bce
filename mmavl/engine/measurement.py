"""The measurements of a separator, taken once and kept next to its checkpoint."""

import hashlib
import json
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.engine.launch import run_test
from mmavl.errors import DataError
from mmavl.registry import MODELS
from mmavl.reports.run_record import read_run
from mmavl.utils.components import component_name
from mmavl.utils.files import atomic_write, is_newer
from mmavl.utils.weights import resolve_path


def measure(
    cfg: Config, checkpoint: Path | None, folder: Path, dumps_only: bool = False
) -> dict[str, Any]:
    """Evaluate a separator on its test mixtures, unless there is a record that is new enough.

    Args:
        cfg (Config): A config from ``prepare_config``; its ``work_dir`` takes the log.
        checkpoint (Path, optional): Weights; None for a model without any of its own.
        folder (Path): Of the training, where the record ``separation_<list>.json`` lies.
        dumps_only (bool): Run no model. Defaults to False.

    Returns:
        dict: ``metrics``; ``parameters``, how many are trained and how many there are in all; and
        ``minutes`` of training, None where no log tells.

    Raises:
        FileNotFoundError: There is no record that may be taken, and none may be made.
    """
    dataset = cfg.test_dataloader.dataset
    mixtures = Path(resolve_path(dataset.list_file))
    manifest = Path(dataset.dataset.data_root, dataset.dataset.ann_file)
    record = folder / f'separation_{mixtures.stem}.json'
    origins = [mixtures, manifest, checkpoint or localizer_checkpoint(cfg)]
    settings = _fingerprint(cfg)
    if is_newer(record, *origins):
        measured = json.loads(record.read_text(encoding='utf-8'))
        if measured.get('settings') == settings:
            return measured
    if dumps_only:
        raise FileNotFoundError(
            f'no record in {folder} has the settings of the config and is newer than checkpoint, '
            'manifest and list of mixtures'
        )
    cfg.default_hooks.pop('visualization', None)  # would overwrite the pictures of a real test
    init_default_scope('mmavl')
    parameters = list(MODELS.build(cfg.model).parameters())
    counts = [sum(p.numel() for p in parameters if p.requires_grad)]
    counts.append(sum(p.numel() for p in parameters))
    metrics = run_test(cfg, None if checkpoint is None else str(checkpoint))
    measured = {
        'checkpoint': checkpoint and str(checkpoint),
        'settings': settings,
        'metrics': {key: float(value) for key, value in metrics.items()},
        'parameters': counts,
        'minutes': training_minutes(folder) if checkpoint else None,
    }
    with atomic_write(record) as file:
        json.dump(measured, file, indent=1)
    return measured


def _fingerprint(cfg: Config) -> str:
    """A number of all that decides about the figures beside weights and data."""
    parts = [cfg.get(name) for name in ('model', 'test_dataloader', 'test_evaluator', 'test_cfg')]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def localizer_checkpoint(cfg: Config) -> Path | None:
    """The checkpoint that a config's ``LocalizerWeightsHook`` asks for."""
    place = _place_of_hook(cfg)
    return None if place is None else Path(cfg.custom_hooks[place].checkpoint)


def localizer_key(cfg: Config) -> str:
    """The dotted key of that checkpoint, for ``--cfg-options``."""
    return f'custom_hooks.{_place_of_hook(cfg)}.checkpoint'


def set_localizer_checkpoint(cfg: Config, checkpoint: Path) -> None:
    """Give the config's ``LocalizerWeightsHook`` another checkpoint."""
    cfg.custom_hooks[_place_of_hook(cfg)].checkpoint = str(checkpoint)


def _place_of_hook(cfg: Config) -> int | None:
    names = [component_name(hook['type']) for hook in cfg.get('custom_hooks') or []]
    return names.index('LocalizerWeightsHook') if 'LocalizerWeightsHook' in names else None


def training_minutes(folder: Path) -> float | None:
    """Minutes that the iterations of a run took, by its log; None without one."""
    try:
        scalars = read_run(folder).scalars
    except DataError:
        return None
    # of a resumed run, what was trained twice counts once
    lines = {line['step']: line['time'] for line in scalars if 'loss' in line and 'time' in line}
    steps = sorted(lines)
    seconds = (lines[step] * (step - last) for last, step in zip([0, *steps], steps))
    return sum(seconds) / 60 if lines else None
