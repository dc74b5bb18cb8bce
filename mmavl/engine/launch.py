"""What tools/train.py and tools/test.py do."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine import Config, ConfigDict
from mmengine.logging import print_log

from mmavl.engine.config import config_errors, load_config
from mmavl.engine.distributed import prepare_launcher
from mmavl.engine.processes import is_first
from mmavl.engine.run_checkpoints import latest_checkpoint
from mmavl.engine.runner import AVRunner, CheckpointRunner
from mmavl.errors import ConfigError
from mmavl.utils.components import component_name


def prepare_config(
    config: str | Path,
    work_dir: str | None = None,
    dtype: str | None = None,
    options: dict[str, Any] | None = None,
    launcher: str = 'none',
    seed: int | None = None,
) -> Config:
    """Read a config and apply the common arguments of the tools.

    Args:
        config (str | Path): The config file.
        work_dir (str, optional): Folder for logs and checkpoints. Defaults to the config's
            ``work_dir``, else ``work_dirs/<name of the config>``.
        dtype (str, optional): Number format for training, validation and testing: 'float32',
            'bfloat16', or 'auto': bfloat16 if the hardware supports it. Defaults to the config's
            settings.
        options (dict, optional): Other config values, by dotted key.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'. Defaults to 'none'.
        seed (int, optional): Random seed. Defaults to the config's.

    Returns:
        Config: The config to build a runner from.

    Raises:
        ConfigError: The config cannot be parsed, or ``dtype`` cannot be applied to it.
    """
    cfg = load_config(config, options)
    if work_dir is not None:
        cfg.work_dir = work_dir
    cfg.setdefault('work_dir', f'work_dirs/{Path(config).stem}')
    if seed is not None:
        cfg.randomness = {**cfg.get('randomness', {}), 'seed': seed}
    if dtype is not None:
        _set_dtype(cfg, dtype)
    prepare_launcher(cfg, launcher)
    return cfg


def requested_config(args: Namespace) -> Config:
    """The config for a command's arguments; see :func:`prepare_config`."""
    return prepare_config(
        args.config, args.work_dir, args.dtype, args.cfg_options, args.launcher, args.seed
    )


def _set_dtype(cfg: Config, dtype: str) -> None:
    for key, plain, ours in (
        ('optim_wrapper', 'OptimWrapper', 'AutocastOptimWrapper'),
        ('val_cfg', 'ValLoop', 'AutocastValLoop'),
        ('test_cfg', 'TestLoop', 'AutocastTestLoop'),
    ):
        if cfg.get(key) is None:
            continue
        given = component_name(cfg[key].get('type', plain))
        if given not in (plain, ours):
            raise ConfigError(
                f'--dtype: {cfg.filename}: {key} has type {given}, which sets its own '
                f'number format: use {ours}, or omit --dtype'
            )
        cfg[key].update(type=ours, dtype=dtype)


def run_training(cfg: Config, resume: str | None = None) -> AVRunner:
    """Run the training described by a config.

    Args:
        cfg (Config): A config from ``prepare_config``.
        resume (str, optional): A checkpoint to continue from, or 'auto': the last one in the work
            directory, if any. Defaults to None.

    Returns:
        AVRunner: The runner after training.

    Raises:
        ConfigError: The config does not fit its components.
        FloatingPointError: The loss became infinite or nan.
    """
    if resume == 'auto':
        checkpoint = latest_checkpoint(cfg.work_dir)
        if checkpoint is None and is_first():
            print_log(f'Nothing to resume in {cfg.work_dir}: training starts from scratch.')
        resume = None if checkpoint is None else str(checkpoint)
    if resume is not None:
        if not Path(resume).is_file():
            raise FileNotFoundError(f'--resume: checkpoint not found: {resume}')
        cfg.resume, cfg.load_from = True, resume
    with config_errors(cfg):
        runner = AVRunner.from_cfg(cfg)
        runner.train()
    return runner


def run_test(
    cfg: Config,
    checkpoint: str | None = None,
    protocols: Sequence[str] | None = None,
    show_dir: str | None = None,
    out: str | None = None,
    probe_audio: int | None = None,
    allow_missing: bool = False,
) -> dict[str, float]:
    """Evaluate a checkpoint on the test split of a config.

    Args:
        cfg (Config): A config from ``prepare_config``.
        checkpoint (str, optional): Weights, read without executing code. None for models
            without weights.
        protocols (Sequence[str], optional): Names of evaluation protocols. Defaults to the
            config's.
        show_dir (str, optional): Folder for pictures of the predictions. Defaults to None.
        out (str, optional): File to dump the predictions to. Defaults to None.
        probe_audio (int, optional): On how many clips to probe whether the model listens, see
            :class:`mmavl.engine.hooks.AudioProbeHook`. Defaults to None: no probe.
        allow_missing (bool): Whether to leave out samples that cannot be read. Defaults to False:
            the first one is an error.

    Returns:
        dict[str, float]: The metrics.

    Raises:
        CheckpointError: The checkpoint is damaged or belongs to another model.
        ConfigError: The config does not fit its components, or lacks what an argument changes.
        DataError: A sample cannot be read.
    """
    cfg.resume, cfg.load_from = False, checkpoint
    if protocols is not None:
        _localization_metric(cfg, '--protocol').protocols = list(protocols)
    if out is not None:
        _localization_metric(cfg, '--out').dump = out
    if show_dir is not None:
        if not cfg.get('default_hooks', {}).get('visualization'):
            raise ConfigError(f'--show-dir: {cfg.filename} has no default_hooks.visualization')
        cfg.default_hooks.visualization.show_dir = show_dir
    if allow_missing:
        cfg.test_dataloader.allow_missing = True
    if probe_audio is not None:
        hook = {'type': 'AudioProbeHook', 'clips': probe_audio}
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    with config_errors(cfg):
        runner = (AVRunner if checkpoint is None else CheckpointRunner).from_cfg(cfg)
        weights = [name for name, p in runner.model.named_parameters() if p.requires_grad]
        if checkpoint is None and weights:
            runner.logger.warning('No checkpoint was given: the weights are random.')
        return runner.test()


def _localization_metric(cfg: Config, argument: str) -> ConfigDict:
    evaluators = cfg.get('test_evaluator') or []
    for metric in [evaluators] if isinstance(evaluators, dict) else evaluators:
        if component_name(metric['type']) == 'LocalizationMetric':
            return metric
    raise ConfigError(f'{argument}: {cfg.filename} has no LocalizationMetric in test_evaluator')
