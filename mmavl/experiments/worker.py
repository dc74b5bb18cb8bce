"""Run one trial: ``python -m mmavl.experiments.worker FOLDER``.

A process of its own, so that its memory is its own and its failure ends no other trial.
"""

import json
import math
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from mmengine import Config

from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.engine.run_checkpoints import latest_checkpoint
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import ConfigError
from mmavl.reports.run_record import code_commit, environment
from mmavl.utils.files import atomic_write
from mmavl.utils.memory import peak_memory

from .budget import epochs_in
from .trial import OUTCOME, PREDICTIONS, Trial, has_maps, read_trial

#: At most about this many validations, evenly spread over a training.
_VALIDATIONS = 5


def run(folder: Path) -> None:
    """Train all stages, test the best checkpoint of the last one and write the outcome."""
    trial = read_trial(folder)
    start, stages = None, {}
    shares = _shares(folder, trial) if trial.minutes is not None else {}
    for name in trial.stages:
        cfg = _config(folder, trial, name)
        if start is not None:
            cfg.load_from = str(start)
        if trial.minutes is not None:
            record = folder.parent / f'{name}.time.json'
            cfg.train_cfg.max_epochs = epochs_in(cfg, trial.minutes * shares[name], record)
            stages[name] = json.loads(record.read_text(encoding='utf-8'))
            _validate_seldom(cfg)
        _train(cfg)
        start = latest_checkpoint(cfg.work_dir)
    checkpoint = _best_checkpoint(folder / trial.stages[-1]) or start
    assert checkpoint is not None  # each training saves at its end
    cfg = _config(folder, trial, trial.stages[-1])
    cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), {'type': 'CostHook'}]
    for part in ('dataloader', 'evaluator'):
        cfg[f'test_{part}'] = cfg[f'{trial.split}_{part}']
    metrics = run_test(
        cfg,
        str(checkpoint),
        trial.protocols or None,
        out=str(folder / PREDICTIONS) if has_maps(cfg) else None,
        probe_audio=trial.probe_clips or None,
    )
    outcome = {
        'metrics': {key: float(value) for key, value in metrics.items()},
        'stages': stages,
        'checkpoint': str(checkpoint.relative_to(folder)),
        'memory_mb': peak_memory() / 2**20,
        'commit': code_commit(),
        'date': datetime.now().isoformat(timespec='seconds'),
        'environment': environment(),
    }
    with atomic_write(folder / OUTCOME) as file:
        json.dump(outcome, file, indent=1)


def _config(folder: Path, trial: Trial, name: str) -> Config:
    path = folder.parent / f'{name}.py'
    cfg = prepare_config(path, str(folder / name), trial.dtype, seed=trial.seed)
    hooks = cfg.setdefault('default_hooks', {})
    hooks.visualization = None
    cfg.experiment_name = f'{trial.row}-{trial.seed}-{name}'
    return cfg


def _shares(folder: Path, trial: Trial) -> dict[str, float]:
    """What part of the time each stage has: as its epochs are in the configs."""
    epochs: dict[str, int] = {}
    for name in trial.stages:
        count = (_config(folder, trial, name).get('train_cfg') or {}).get('max_epochs')
        if count is None:
            raise ConfigError(f'{folder.parent / name}.py has no train_cfg.max_epochs to change')
        epochs[name] = count
    return {name: count / sum(epochs.values()) for name, count in epochs.items()}


def _validate_seldom(cfg: Config) -> None:
    """Validate and save a few times, and keep the best checkpoint."""
    every = math.ceil(cfg.train_cfg.max_epochs / _VALIDATIONS)
    if cfg.get('val_cfg') is not None:
        cfg.train_cfg.val_interval = every
        cfg.default_hooks.checkpoint.save_best = 'auto'
    cfg.default_hooks.checkpoint.update(interval=every, max_keep_ckpts=1)


def _train(cfg: Config) -> None:
    """Train, or go on where an interrupted training was."""
    done = latest_checkpoint(cfg.work_dir)
    if done is None or done.stem != f'epoch_{cfg.train_cfg.get("max_epochs")}':
        run_training(cfg, 'auto')


def _best_checkpoint(work_dir: Path) -> Path | None:
    """The checkpoint that was best on the validation split, if there was any validation."""
    return max(work_dir.glob('best_*.pth'), key=lambda path: path.stat().st_mtime, default=None)


def main(arguments: list[Any]) -> None:
    """Run the trial of a folder."""
    with clear_errors():
        if not torch.cuda.is_available():
            torch.set_num_threads(int(arguments[1]))
        run(Path(arguments[0]))


if __name__ == '__main__':
    main(sys.argv[1:])
