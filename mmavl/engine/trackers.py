"""Trackers of experiments: curves, pictures and the config of a training go there, too."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmavl.errors import ConfigError

if TYPE_CHECKING:  # slow to import
    from mmengine import Config

#: Tracker, the name of its package, too -> the visualization backend.
TRACKERS = {
    'tensorboard': 'TensorboardVisBackend',
    'wandb': 'WandbVisBackend',
    'mlflow': 'MLflowBackend',
}


def add_tracker(cfg: 'Config', name: str) -> None:
    """Add a tracker to the backends of a config's visualizer.

    TensorBoard's files and MLflow's database are in the work directory. Weights & Biases uploads
    if WANDB_API_KEY is set; else ``wandb sync`` does it later from there. WANDB_MODE,
    WANDB_PROJECT and MLFLOW_TRACKING_URI change this, as the trackers' docs say.

    Args:
        cfg (Config): A config from :func:`~mmavl.engine.launch.prepare_config`.
        name (str): A key of :data:`TRACKERS`.

    Raises:
        ConfigError: The tracker is not installed, or the config has no visualizer.
    """
    if find_spec(name) is None:
        raise ConfigError(f'--track {name}: not installed; `pip install {name}` installs it')
    if not cfg.get('visualizer'):
        raise ConfigError(f'--track {name}: {cfg.filename} has no visualizer')
    run_name = Path(cfg.work_dir).name
    options: dict[str, Any] = {'type': TRACKERS[name]}
    if name == 'wandb':
        offline = not {'WANDB_API_KEY', 'WANDB_MODE'} & set(os.environ)
        options['init_kwargs'] = {'name': run_name, 'mode': 'offline' if offline else None}
        options['init_kwargs']['project'] = os.environ.get('WANDB_PROJECT', 'mmavl')
    elif name == 'mlflow':
        options['run_name'] = run_name
    cfg.visualizer.vis_backends = [*(cfg.visualizer.get('vis_backends') or []), options]
