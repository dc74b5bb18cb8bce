import pytest
from mmengine.config import Config

import mmavl.registry  # noqa: F401
from mmavl.engine.config import load_config
from mmavl.errors import ConfigError
from mmavl.utils.shipped import shipped

PURE = """
from mmengine.config import read_base

with read_base():
    from mmavl.configs.{} import *

train_cfg.update(max_epochs=3)
model['avc_head'].update(channels=7)
"""
BY_NAME = """
_base_ = 'mmavl::{}'
train_cfg = dict(max_epochs=3)
model = dict(avc_head=dict(channels=7))
"""


@pytest.mark.parametrize(
    'text',
    [
        BY_NAME.format('stage2_scenes.py'),
        BY_NAME.format('ablations/stage2_scenes_class.py'),
        PURE.format('stage2_scenes'),  # which has _base_ itself
        PURE.format('ablations.stage2_scenes_pure'),
    ],
)
def test_a_config_of_mmavl_is_a_base_in_both_styles(tmp_path, text):
    (tmp_path / 'own.py').write_text(text)
    cfg = Config.fromfile(tmp_path / 'own.py')
    base = Config.fromfile(shipped() / 'stage2_scenes.py')
    assert (cfg.train_cfg.max_epochs, cfg.model.avc_head.channels) == (3, 7)
    assert cfg.train_cfg.by_epoch == base.train_cfg.by_epoch
    assert cfg.model.audio_backbone == base.model.audio_backbone
    assert cfg.val_evaluator == base.val_evaluator
    cfg.dump(tmp_path / 'dumped.py')
    assert Config.fromfile(tmp_path / 'dumped.py').model == cfg.model


def test_several_bases_are_joined_and_their_variables_can_be_used(tmp_path):
    (tmp_path / 'own.py').write_text(
        "_base_ = ['mmavl::_base_/datasets/scenes.py', 'mmavl::_base_/default_runtime.py']\n"
        "root = _base_.data_root + '/x'\n"
    )
    cfg = load_config(tmp_path / 'own.py')
    assert cfg.root == 'data/instrument_scenes/x'
    assert cfg.default_scope == 'mmavl'


@pytest.mark.parametrize('folder', ['.mim/configs', 'configs'])
@pytest.mark.parametrize(
    'text',
    [
        "_base_ = 'their_package::tiny.py'",
        'from mmengine.config import read_base\n'
        'with read_base():\n    from their_package.configs.tiny import *',
    ],
)
def test_so_is_a_config_of_any_package(tmp_path, monkeypatch, folder, text):
    package = tmp_path / 'their_package'
    (package / folder).mkdir(parents=True)
    (package / '__init__.py').touch()
    (package / folder / 'tiny.py').write_text('width = 5')
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'own.py').write_text(text)
    assert Config.fromfile(tmp_path / 'own.py').width == 5


@pytest.mark.parametrize(
    ('base', 'error', 'said'),
    [
        ('mmavl::stage2_scenez.py', FileNotFoundError, r"did you mean '.*stage2_scenes\.py'"),
        ('no_such_package::x.py', ConfigError, 'no_such_package is not installed'),
        ('json::x.py', ConfigError, 'json has no configs'),
    ],
)
def test_a_base_that_does_not_exist_is_named(tmp_path, base, error, said):
    (tmp_path / 'own.py').write_text(f"_base_ = '{base}'")
    with pytest.raises(error, match=rf'own\.py: .*{said}'):
        load_config(tmp_path / 'own.py')
