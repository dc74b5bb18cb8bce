from pathlib import Path

import pytest
from mmengine import Config

from mmavl.engine.config import load_config
from mmavl.engine.config_check import check_config
from mmavl.engine.launch import run_test, run_training
from mmavl.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / 'configs'
RUNS = [path for path in sorted(CONFIGS.rglob('*.py')) if '_base_' not in path.parts]


@pytest.mark.parametrize('path', RUNS, ids=lambda path: path.stem)
def test_mmavls_own_configs_pass_the_check(path):
    cfg = Config.fromfile(path)
    check_config(cfg, () if 'model' in cfg else ('audio', 'visual'))


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('model.valid_threshold', 'x', "model: valid_threshold='x' must be float"),
        ('model.avc_head', 5, 'model: avc_head=5 must be dict or None'),
        ('model.visual_neck.dropout', '0.2x', "model.visual_neck: dropout='0.2x' must be float"),
        (
            'model.visual_backbone.backbone.out_indices',
            3,
            'model.visual_backbone.backbone: out_indices=3 must be Sequence[int]',
        ),
        (
            'model.visual_backbone.backbone.out_indices',
            [3, 'x'],
            "out_indices=[3, 'x'] must be Sequence[int]",
        ),
        (
            'optim_wrapper.optimizer.lr',
            '1e-3x',
            "optim_wrapper.optimizer: lr='1e-3x' must be float or Tensor",
        ),
        ('param_scheduler.eta_max', 'x', "param_scheduler: eta_max='x' must be float"),
        ('train_cfg.max_epochs', 2.5, 'train_cfg: max_epochs=2.5 must be int'),
        ('train_cfg.val_interval', 'x', "train_cfg: val_interval='x' must be int"),
        ('train_dataloader.batch_size', 'x', "train_dataloader: batch_size='x' must be int or No"),
        ('train_dataloader.sampler.shuffle', 3, 'train_dataloader.sampler: shuffle=3 must be bo'),
        ('val_dataloader', 4, 'val_dataloader=4 must be DataLoader or Dict or None'),
        ('test_evaluator.0.protocols', [3], 'test_evaluator.0: protocols=[3] must be Sequence[st'),
        ('default_hooks.logger.interval', 'x', "default_hooks.logger: interval='x' must be int"),
        ('train_cfg.max_epochs', 0, 'train_cfg: max_epochs=0 must be at least 1'),
        ('train_cfg.val_interval', 0, 'train_cfg: val_interval=0 must be at least 1'),
        ('randomness', 3, 'randomness=3 must be Dict'),
        ('randomness.seed', 1.5, 'randomness: seed=1.5 must be int'),
    ],
)
def test_a_value_of_another_type_is_named_with_place_and_type(key, value, message):
    cfg = load_config(CONFIGS / 'stage1_scenes.py', {key: value})
    with pytest.raises(ConfigError) as error:
        check_config(cfg)
    assert message in str(error.value)


def test_all_of_them_are_named_at_once_and_none_twice():
    options = {'train_cfg.max_epochs': 'x', 'model.valid_threshold': 'y'}
    with pytest.raises(ConfigError) as error:
        check_config(load_config(CONFIGS / 'stage1_scenes.py', options))
    assert str(error.value).split('\n  ')[1:] == [
        "model: valid_threshold='y' must be float", "train_cfg: max_epochs='x' must be int",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('model.valid_threshold', 1),  # a whole number is a float, too
        ('model.stage', None),
        ('train_cfg.max_epochs', True),
        ('model.data_preprocessor.mean', (1, 2, 3)),
    ],
)
def test_in_doubt_a_value_passes(key, value):
    check_config(load_config(CONFIGS / 'stage1_scenes.py', {key: value}))


def test_components_of_other_toolkits_are_left_to_them():
    cfg = load_config(CONFIGS / 'detection/faster-rcnn_lite0_fpn_scenes.py')
    cfg.model.rpn_head.in_channels = 'x'
    check_config(cfg)


def test_it_is_asked_before_training_and_testing(make_cfg):
    cfg = make_cfg(model__width='x', optim_wrapper__optimizer__lr='1e-3x')
    for run in (run_training, run_test):
        with pytest.raises(ConfigError) as error:
            run(cfg)
        assert str(error.value) == (
            f"{cfg.filename}: 2 mistakes\n  model: width='x' must be int\n"
            "  optim_wrapper.optimizer: lr='1e-3x' must be float or Tensor"
        )
