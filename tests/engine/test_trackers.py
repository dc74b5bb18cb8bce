import json

import numpy as np
import pytest
from mmengine import Config
from mmengine.visualization import Visualizer

from mmavl.engine import trackers
from mmavl.engine.launch import run_training
from mmavl.engine.trackers import add_tracker
from mmavl.errors import ConfigError


def config(**backends):
    return Config(
        {'work_dir': 'work_dirs/run', 'visualizer': {'type': 'AVVisualizer', **backends}}
    )


@pytest.fixture
def all_installed(monkeypatch):
    monkeypatch.setattr(trackers, 'find_spec', lambda name: object())


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(trackers, 'find_spec', lambda name: None)
    with pytest.raises(ConfigError, match='--track wandb: not installed; `pip install wandb`'):
        add_tracker(config(), 'wandb')


def test_a_config_without_a_visualizer_is_refused(all_installed):
    with pytest.raises(ConfigError, match='--track mlflow: None has no visualizer'):
        add_tracker(Config({'work_dir': 'x'}), 'mlflow')


@pytest.mark.parametrize(
    ('environment', 'mode'),
    [({}, 'offline'), ({'WANDB_API_KEY': 'k'}, None), ({'WANDB_MODE': 'online'}, None)],
)
def test_wandb_stays_offline_unless_there_is_a_key_or_a_mode(
    all_installed, monkeypatch, environment, mode
):
    for name in ('WANDB_API_KEY', 'WANDB_MODE', 'WANDB_PROJECT'):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    cfg = config(vis_backends=[{'type': 'AtomicVisBackend'}])
    add_tracker(cfg, 'wandb')
    first, second = cfg.visualizer.vis_backends
    assert first.type == 'AtomicVisBackend'
    assert second.init_kwargs == {'name': 'run', 'mode': mode, 'project': 'mmavl'}


def test_tensorboard_gets_curves_pictures_and_the_config(make_cfg, tmp_path):
    reading = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator')
    cfg = make_cfg('run')
    cfg.visualizer.vis_backends = [{'type': 'LocalVisBackend'}]
    add_tracker(cfg, 'tensorboard')
    runner = run_training(cfg)
    runner.visualizer.add_image('clip', np.zeros((4, 6, 3), np.uint8), 1)
    runner.visualizer.close()
    (folder,) = (tmp_path / 'run').glob('*/vis_data')
    events = reading.EventAccumulator(str(folder))
    events.Reload()
    losses = {event.step: event.value for event in events.Scalars('loss')}
    lines = (folder / 'scalars.json').read_text().splitlines()
    lines = [json.loads(line) for line in lines]
    assert losses == {e['step']: pytest.approx(e['loss']) for e in lines if 'loss' in e}
    assert events.Images('clip')[0].width == 6
    assert b'the config' in events.Tensors('config/text_summary')[0].tensor_proto.string_val[0]


def test_mlflow_keeps_curves_and_pictures_without_a_server(tmp_path, monkeypatch):
    mlflow = pytest.importorskip('mlflow')
    monkeypatch.delenv('MLFLOW_TRACKING_URI', raising=False)
    backend = {'type': 'mmavl.MLflowBackend', 'save_dir': str(tmp_path), 'run_name': 'mine'}
    visualizer = Visualizer('mlflow', vis_backends=[backend], save_dir=str(tmp_path))
    visualizer.add_config(Config({'lr': 0.5, 'work_dir': str(tmp_path)}))
    visualizer.add_scalars({'loss': 0.25}, step=3)
    visualizer.add_image('val', np.zeros((4, 6, 3), np.uint8), 2)
    visualizer.close()
    (run,) = mlflow.search_runs(experiment_names=['mmavl'], output_format='list')
    assert (run.data.metrics['loss'], run.data.params['lr']) == (0.25, '0.5')
    assert list(tmp_path.rglob('mlflow_artifacts/*/artifacts/images/val*step+2*.png'))
