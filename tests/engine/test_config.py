import pytest

from mmavl.engine.config import config_errors, load_config
from mmavl.engine.launch import run_test, run_training
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.shipped import find_config


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
        FileNotFoundError, match=r"stage2_scene\.py; did you mean '.*/stage2_scenes\.py'"
    ):
        load_config(tmp_path / 'stage2_scene.py')


def test_a_missing_base_is_named(write):
    with pytest.raises(
        FileNotFoundError, match=r'config\.py: _base_: .* not found: .*nowhere\.py$'
    ):
        load_config(write("_base_ = 'nowhere.py'"))


def test_where_a_missing_base_is_now_is_said(write):
    old = find_config('stage2_scenes').resolve().with_name('stage2_scenes_class.py')
    with pytest.raises(FileNotFoundError, match=r'it is at .*/ablations/stage2_scenes_class\.py$'):
        load_config(write(f"_base_ = '{old}'"))


def test_another_file_that_a_config_opens_is_not_taken_for_a_base(write):
    with pytest.raises(FileNotFoundError, match=r"config\.py: .*: 'nowhere\.txt'$"):
        load_config(write("text = open('nowhere.txt').read()"))


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
            "model: no model is called 'ToyMode'; did you mean 'ToyModel'?",
        ),
        ('model__widht', 2, "model: ToyModel has no argument 'widht'; did you mean 'width'?"),
        ('train_cfg__max_epoch', 2, "train_cfg: ResumableEpochLoop has no argument 'max_epoch'"),
        (
            'train_dataloader__batchsize',
            2,
            "train_dataloader: DataLoader has no argument 'batchsize'; did you mean 'batch_size'?",
        ),
        (
            'train_dataloader__dataset__lenght',
            2,
            "train_dataloader.dataset: ToyDataset has no argument 'lenght'",
        ),
        (
            'optim_wrapper__optimizer__type',
            'SDG',
            "optim_wrapper.optimizer: no optimizer is called 'SDG'; did you mean 'SGD'?",
        ),
        (
            'default_hooks__logger__intervall',
            2,
            "default_hooks.logger: LoggerHook has no argument 'intervall'; did you mean 'interv",
        ),
        (
            'default_hooks__chekpoint',
            {},
            "default_hooks.chekpoint: has no 'type'; did you mean 'ch",
        ),
        (
            'val_evaluator',
            {'typ': 'ToyMetric'},
            "val_evaluator: has no 'type'; did you mean 'type' instead of 'typ'?",
        ),
        ('val_evaluator__type', 'ToyMetrik', "val_evaluator: no metric is called 'ToyMetrik'"),
        (
            'param_scheduler',
            {'type': 'MultiStepLR'},
            "param_scheduler: MultiStepLR needs 'milestones'",
        ),
        (
            'param_scheduler',
            {'type': 'MultiStepLRR', 'milestones': [1]},
            "param_scheduler: no parameter scheduler is called 'MultiStepLRR'; did you mean 'Mul",
        ),
        (
            'randomness__sed',
            2,
            "randomness: set_random_seed has no argument 'sed'; did you mean 'seed'?",
        ),
    ],
)
def test_a_wrong_entry_is_reported_with_config_place_and_the_nearest_name(
    make_cfg, key, value, message
):
    cfg = make_cfg(**({} if isinstance(value, dict) else {key: value}))
    if isinstance(value, dict):
        section, _, name = key.rpartition('__')
        (cfg[section] if section else cfg)[name] = value
    with pytest.raises(ConfigError) as error:
        run_training(cfg)
    assert str(error.value).startswith(f'{cfg.filename}: {message}')


def test_a_loader_whose_dataset_is_misspelt_is_reported(make_cfg):
    cfg = make_cfg()
    cfg.train_dataloader.datset = cfg.train_dataloader.pop('dataset')
    with pytest.raises(
        ConfigError, match=r"py: train_dataloader: .* 'datset'; did you mean 'data"
    ):
        run_training(cfg)


def test_a_section_that_is_missing_or_misspelt_is_reported(make_cfg):
    cfg = make_cfg()
    cfg.pop('model')
    cfg.modle = {'type': 'ToyModel'}
    with pytest.raises(
        ConfigError, match=r"py: missing key 'model'; did you mean 'model' instead of 'modle'\?$"
    ):
        run_training(cfg)


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('test_cfg__dtype', 'float61', "test_cfg: dtype must be 'auto', 'bfloat16' or 'float32'"),
        ('test_dataloader__batch_size', 0, 'test_dataloader: batch_size should be a positive'),
        (
            'test_evaluator',
            {'type': 'LocalizationMetric', 'protocols': ['halfmax']},
            "test_evaluator: unknown protocol 'halfmax'; known are original, half_max",
        ),
        (
            'test_dataloader__dataset',
            {'type': 'AVDataset', 'ann_file': 'x.json', 'frame': 'midle'},
            "test_dataloader.dataset: frame='midle' must be one of middle, first",
        ),
        ('test_cfg', None, 'test_dataloader, test_cfg, and test_evaluator should be either all'),
    ],
)
def test_a_value_that_a_component_refuses_is_reported_with_its_place(
    make_cfg, key, value, message
):
    section, _, name = key.rpartition('__')
    cfg = make_cfg()
    (cfg[section] if section else cfg)[name] = value
    with pytest.raises(ConfigError) as error:
        run_test(cfg)
    assert str(error.value).startswith(f'{cfg.filename}: {message}')


def test_the_place_of_one_among_equal_components_is_the_one_that_was_built(make_cfg):
    cfg = make_cfg()
    cfg.variable = {'type': 'AVDataset', 'ann_file': 'x.json', 'frame': 'frist'}
    cfg.val_dataloader.dataset = {'type': 'AVDataset', 'ann_file': 'x.json', 'frame': 'first'}
    cfg.test_dataloader.dataset = dict(cfg.variable)
    with pytest.raises(
        ConfigError, match=r"test_dataloader\.dataset: frame='frist' must be one of"
    ):
        run_test(cfg)


def test_a_component_of_a_pure_python_config_is_reported_alike(write, toy_dir, tmp_path):
    path = write('from toy_project import ToyModel\nmodel = dict(type=ToyModel, a=1)')
    options = {'default_scope': 'mmavl', 'experiment_name': 'pure', 'work_dir': str(tmp_path)}
    cfg = load_config(path, options)
    with pytest.raises(
        ConfigError, match=r"config\.py: model: ToyModel has no argument 'a'; it has wid"
    ):
        run_training(cfg)


def test_a_name_that_a_pure_python_config_cannot_import_is_reported(write, toy_dir, tmp_path):
    path = write('from toy_project import ToyModle\nmodel = dict(type=ToyModle)')
    cfg = load_config(path, {'experiment_name': 'unknown', 'work_dir': str(tmp_path)})
    with pytest.raises(
        ConfigError,
        match=r"config\.py: model: no model is called 'toy_project\.ToyModle'; .* 'ToyModel'\?$",
    ):
        run_training(cfg)


def test_a_mistake_that_shows_only_while_running_names_the_config(make_cfg):
    cfg = make_cfg()
    with pytest.raises(ConfigError) as error, config_errors(cfg):
        raise ConfigError('the spectrogram expects 16000 Hz')
    assert str(error.value) == f'{cfg.filename}: the spectrogram expects 16000 Hz'


def test_entries_of_the_test_section_are_reported_by_a_test(make_cfg):
    cfg = make_cfg(test_cfg__dtyp='float32')
    with pytest.raises(
        ConfigError, match=r"py: test_cfg: AutocastTestLoop has no argument 'dtyp'; did you"
    ):
        run_test(cfg)


@pytest.mark.parametrize(
    'error',
    [
        KeyError('clip7'),
        TypeError("f() got an unexpected keyword argument 'other'"),
        TypeError("Reader.read() got an unexpected keyword argument 'type'"),
        ValueError('a bug while training'),
        AssertionError('a bug while training'),
        DataError('a broken clip'),
        CheckpointError('another model'),
    ],
)
def test_errors_that_do_not_come_from_the_config_stay_as_they_are(make_cfg, error):
    with pytest.raises(type(error)) as caught, config_errors(make_cfg()):
        raise error
    assert caught.value is error


def test_all_mistakes_are_reported_at_once_before_anything_is_built(make_cfg):
    cfg = make_cfg(
        model__widht=2, train_dataloader__dataset__type='ToyDatset', val_evaluator__typ='x'
    )
    cfg.param_scheduler = {'type': 'MultiStepLR', 'gama': 0.5}
    with pytest.raises(ConfigError) as error, config_errors(cfg):
        raise AssertionError('something was built')
    assert sorted(str(error.value).splitlines()[1:]) == sorted(
        [
            "  model: ToyModel has no argument 'widht'; did you mean 'width'?",
            "  train_dataloader.dataset: no dataset is called 'ToyDatset'; "
            "did you mean 'ToyDataset'?",
            "  param_scheduler: MultiStepLR has no argument 'gama'; did you mean 'gamma'?",
            "  param_scheduler: MultiStepLR needs 'milestones'",
            "  val_evaluator: ToyMetric has no argument 'typ'; it has collect_device, prefix, "
            'collect_dir',
        ]
    )
