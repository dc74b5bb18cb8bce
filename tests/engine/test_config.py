import pytest

from mmavl.engine.config import config_errors, load_config
from mmavl.engine.launch import run_test, run_training
from mmavl.engine.runner import AVRunner
from mmavl.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(text, name='config.py'):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_options_replace_values_and_bases_are_merged(write):
    write("model = dict(type='A', width=1)", 'base.py')
    path = write("_base_ = 'base.py'\nmodel = dict(depth=2)")
    cfg = load_config(path, {'model.width': 5, 'randomness.seed': 3})
    assert cfg.model == {'type': 'A', 'width': 5, 'depth': 2}
    assert cfg.randomness.seed == 3


def test_a_missing_file_is_named_with_the_nearest(write, tmp_path):
    write('', 'stage2_scenes.py')
    with pytest.raises(
        FileNotFoundError, match=r"stage2_scene\.py; did you mean 'stage2_scenes\.py'"
    ):
        load_config(tmp_path / 'stage2_scene.py')


def test_a_missing_base_is_named(write):
    with pytest.raises(FileNotFoundError, match=r'nowhere\.py'):
        load_config(write("_base_ = 'nowhere.py'"))


@pytest.mark.parametrize('text', ['model = dict(', 'model = dict(width=1 / 0)', 'a = b'])
def test_broken_python_is_reported_with_the_file(write, text):
    with pytest.raises(ConfigError, match=r'config\.py: \w+'):
        load_config(write(text))


def test_a_misspelt_key_at_the_top_is_found_although_nothing_reads_it(write):
    path = write('train_dataloder = dict()')
    with pytest.raises(ConfigError, match="'train_dataloder'; did you mean 'train_dataloader'"):
        load_config(path)


def test_variables_of_a_config_are_left_alone(write):
    path = write("data_root = 'x'\npipeline = []\nclasses = ['a']\nmodel = dict(type='A')")
    assert load_config(path).data_root == 'x'


def test_an_option_with_a_misspelt_key_is_found(write):
    path = write('optim_wrapper = dict(x=1)')
    with pytest.raises(ConfigError, match=r"optim_wraper\.x: no such key; did you mean 'optim_wr"):
        load_config(path, {'optim_wraper.x': 1})


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        (
            'model__type',
            'ToyMode',
            r"^model: no model is called 'ToyMode'; did you mean 'ToyModel'",
        ),
        (
            'model__widht',
            2,
            r"^model: ToyModel takes no 'widht'; did you mean 'width'\?; it takes",
        ),
        (
            'train_cfg__max_epoch',
            2,
            r"^train_cfg: .* takes no 'max_epoch'; did you mean 'max_epochs'",
        ),
        (
            'train_dataloader__batchsize',
            2,
            r"^train_dataloader: DataLoader takes no 'batchsize'; did you mean 'batch_size'",
        ),
        (
            'train_dataloader__dataset__lenght',
            2,
            r"^train_dataloader\.dataset: ToyDataset takes no 'lenght'",
        ),
        (
            'optim_wrapper__optimizer__type',
            'SDG',
            r"^optim_wrapper\.optimizer: no optimizer is called 'SDG'; did you mean 'SGD'",
        ),
        (
            'default_hooks__logger__intervall',
            2,
            r"^default_hooks\.logger: LoggerHook takes no 'intervall'; did you mean 'interval'",
        ),
        ('val_evaluator__type', 'ToyMetrik', r"^val_evaluator: no metric is called 'ToyMetrik'"),
        ('param_scheduler__milestones', None, r"^param_scheduler: MultiStepLR needs 'milestones'"),
    ],
)
def test_a_wrong_entry_is_reported_with_its_place_and_the_nearest_name(
    make_cfg, key, value, message
):
    cfg = make_cfg(**{key: value})
    if value is None:
        del cfg.param_scheduler['milestones']
    with pytest.raises(ConfigError, match=message):
        run_training(cfg)


def test_entries_of_the_test_section_are_reported_by_a_test(make_cfg):
    cfg = make_cfg(test_cfg__dtyp='float32')
    with pytest.raises(ConfigError, match=r"^test_cfg: AutocastTestLoop takes no 'dtyp'; did you"):
        run_test(cfg)


def test_a_hook_of_any_name_can_be_switched_off(make_cfg):
    runner = AVRunner.from_cfg(
        make_cfg(default_hooks__termination=None, default_hooks__timer=None)
    )
    names = {type(hook).__name__ for hook in runner.hooks}
    assert 'RandomStateHook' in names
    assert 'RuntimeInfoHook' in names
    assert not names & {'TerminationHook', 'IterTimerHook'}


@pytest.mark.parametrize(
    'error', [KeyError('clip7'), TypeError("f() got an unexpected keyword argument 'other'")]
)
def test_errors_that_do_not_come_from_the_config_stay_as_they_are(make_cfg, error):
    with pytest.raises(type(error)) as caught, config_errors(make_cfg()):
        raise error
    assert caught.value is error
