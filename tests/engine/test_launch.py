import pytest
import torch
from mmengine.optim import OptimWrapper

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.errors import CheckpointError, ConfigError
from mmavl.evaluation.metrics import LocalizationMetric
from mmavl.registry import MODELS
from mmavl.utils.weights import load_tensors

SGD = {'type': 'SGD', 'lr': 0.1, 'momentum': 0.9}


def test_arguments_reach_the_config(toy_dir):
    cfg = prepare_config(
        toy_dir / 'toy_config.py',
        work_dir='here',
        dtype='bfloat16',
        options={'train_cfg.max_epochs': 7},
        seed=11,
    )
    assert (cfg.work_dir, cfg.train_cfg.max_epochs, cfg.launcher) == ('here', 7, 'none')
    assert cfg.randomness.seed == 11
    wanted = {'dtype': 'bfloat16'}
    assert cfg.optim_wrapper == {**wanted, 'type': 'AutocastOptimWrapper', 'optimizer': SGD}
    assert cfg.val_cfg == {**wanted, 'type': 'AutocastValLoop'}
    assert cfg.test_cfg == {**wanted, 'type': 'AutocastTestLoop'}


@pytest.mark.parametrize('kind', ['OptimWrapper', OptimWrapper, 'AutocastOptimWrapper', None])
def test_a_dtype_fits_configs_of_either_style_with_plain_wrappers_and_loops(tmp_path, kind):
    (tmp_path / 'c.py').write_text('optim_wrapper = dict()\ntest_cfg = dict()\nval_cfg = None')
    options = {} if kind is None else {'optim_wrapper.type': kind}
    cfg = prepare_config(tmp_path / 'c.py', dtype='float32', options=options)
    assert cfg.optim_wrapper == {'type': 'AutocastOptimWrapper', 'dtype': 'float32'}
    assert cfg.test_cfg == {'type': 'AutocastTestLoop', 'dtype': 'float32'}
    assert cfg.val_cfg is None


def test_a_dtype_is_refused_where_the_config_has_a_wrapper_of_its_own(tmp_path):
    (tmp_path / 'c.py').write_text("optim_wrapper = dict(type='AmpOptimWrapper')")
    with pytest.raises(ConfigError, match=r'--dtype: .*c\.py: optim_wrapper has type AmpOptim'):
        prepare_config(tmp_path / 'c.py', dtype='bfloat16')


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_a_dtype_is_that_of_training_validation_and_test(make_cfg, toy_dir, dtype):
    given = prepare_config(toy_dir / 'toy_config.py', dtype=dtype)
    cfg = make_cfg()
    cfg.update({key: given[key] for key in ('optim_wrapper', 'val_cfg', 'test_cfg')})
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        forward = torch.nn.Linear.forward

        def note(layer, x):
            seen.append(forward(layer, x).dtype)
            return forward(layer, x)

        patch.setattr(torch.nn.Linear, 'forward', note)
        runner = run_training(cfg)
        trained = len(seen)
        runner.test()
    assert set(seen[:trained]) == set(seen[trained:]) == {getattr(torch, dtype)}
    assert trained == 2 * (4 + 2)  # two epochs, each with a validation
    assert runner.model.layer.weight.dtype == torch.float32


def test_the_work_dir_follows_from_the_configs_name(toy_dir):
    assert prepare_config(toy_dir / 'toy_config.py').work_dir == 'work_dirs/toy_config'


def test_a_seed_is_set_where_the_config_has_no_randomness(tmp_path):
    (tmp_path / 'c.py').write_text('model = dict()')
    assert prepare_config(tmp_path / 'c.py', seed=3).randomness.seed == 3


def test_the_seed_decides_the_outcome(make_cfg, tmp_path):
    weights = []
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        cfg = make_cfg(name)
        cfg.randomness = {'seed': seed}
        run_training(cfg)
        weights.append(load_checkpoint(tmp_path / name / 'epoch_2.pth')['state_dict'])
    assert torch.equal(weights[0]['layer.weight'], weights[1]['layer.weight'])
    assert not torch.equal(weights[0]['layer.weight'], weights[2]['layer.weight'])


def test_resume_without_a_checkpoint_starts_anew_from_load_from(make_cfg, tmp_path):
    run_training(make_cfg('first'))
    cfg = make_cfg('second', load_from=str(tmp_path / 'first/epoch_2.pth'))
    runner = run_training(cfg, resume='auto')
    assert runner.iter == 8
    assert not runner.cfg.get('resume')


def test_resume_prefers_its_own_checkpoint_to_load_from(make_cfg, tmp_path):
    run_training(make_cfg('first'))
    run_training(make_cfg('second', load_from=str(tmp_path / 'first/epoch_2.pth')))
    cfg = make_cfg('second', load_from=str(tmp_path / 'first/epoch_2.pth'))
    runner = run_training(cfg, resume='auto')  # it is at its end already
    assert runner.cfg.load_from == str(tmp_path / 'second/epoch_2.pth')


def test_resume_takes_also_what_load_from_leaves_out(make_cfg, tmp_path):
    run_training(make_cfg('run'))
    path = str(tmp_path / 'run/epoch_2.pth')
    runner = run_training(make_cfg('run', load_without=['layer']), resume=path)
    saved = load_checkpoint(path)['state_dict']
    assert torch.equal(runner.model.layer.weight, saved['layer.weight'])


@pytest.mark.parametrize('kind', ['text', 'truncated', 'weights'])
def test_resume_from_what_is_no_checkpoint_of_a_training_names_it(make_cfg, tmp_path, kind):
    path = tmp_path / 'x.pth'
    torch.save({'state_dict': {'layer.weight': torch.zeros(1, 1)}}, path)
    content = {'text': b'no checkpoint', 'truncated': path.read_bytes()[:-200]}
    path.write_bytes(content.get(kind, path.read_bytes()))
    problem = {'truncated': 'is damaged'}.get(kind, r'cannot be resumed \(.*\): use a ')
    with pytest.raises(CheckpointError, match=rf'x\.pth {problem}.*\. --resume without a file'):
        run_training(make_cfg(), resume=str(path))


def test_resume_from_a_missing_file_names_it(make_cfg):
    with pytest.raises(FileNotFoundError, match=r'--resume: checkpoint not found: nowhere\.pth'):
        run_training(make_cfg(), resume='nowhere.pth')


def test_testing_gives_the_metrics_of_the_checkpoint(make_cfg, tmp_path):
    run_training(make_cfg())
    path = tmp_path / 'run/epoch_2.pth'
    state = load_checkpoint(path)['state_dict']
    cfg = make_cfg('test', test_dataloader__dataset__noise=False, test_cfg__dtype='float32')
    metrics = run_test(cfg, str(path))
    mean_input = sum(i / 6 for i in range(6)) / 6
    expected = float(state['layer.weight']) * mean_input + float(state['layer.bias'])
    assert metrics['mean'] == pytest.approx(expected, rel=1e-5)
    assert metrics['distinct'] == 6


def test_a_checkpoint_of_another_model_is_refused_by_a_test(make_cfg, tmp_path):
    run_training(make_cfg())
    cfg = make_cfg('test', model__width=2)
    with pytest.raises(CheckpointError, match=r'none of its 2 tensors fit') as error:
        run_test(cfg, str(tmp_path / 'run/epoch_2.pth'))
    assert 'layer.weight ([1, 1] instead of [2, 1])' in str(error.value)


@MODELS.register_module(force=True)
def other_toy(**options):
    """Another method with the same tensors."""
    toy = MODELS.get('ToyModel')
    return type('OtherToy', (toy,), {})(**options)


def test_a_checkpoint_of_another_method_with_the_same_tensors_is_refused(make_cfg, tmp_path):
    run_training(make_cfg())
    path = str(tmp_path / 'run/epoch_2.pth')
    assert load_checkpoint(path)['meta']['model'] == 'ToyModel'
    with pytest.raises(CheckpointError, match="'ToyModel', but this config builds OtherToy"):
        run_test(make_cfg('test', model__type='other_toy'), path)
    with pytest.raises(CheckpointError, match=r'cannot be resumed .*builds OtherToy'):
        run_training(make_cfg('more', model__type='other_toy'), resume=path)
    run_training(make_cfg('start', model__type='other_toy', load_from=path))  # for comparison


def test_a_run_with_other_widths_is_not_resumed(make_cfg, tmp_path):
    run_training(make_cfg())
    path = str(tmp_path / 'run/epoch_2.pth')
    with pytest.raises(CheckpointError, match=r'2\.pth cannot be resumed .*none of its 2 tensors'):
        run_training(make_cfg('more', model__width=2), resume=path)


def test_a_tested_checkpoint_needs_no_other_weights(make_cfg, tmp_path):
    run_training(make_cfg('run'))
    cfg = make_cfg('run', model={'type': 'ModelFromFile', 'weights': 'gone.pth'})

    @MODELS.register_module(name='ModelFromFile', force=True)
    class ToyModel(MODELS.get('ToyModel')):
        def __init__(self, weights=None):
            super().__init__()
            if weights is not None:
                load_tensors(weights)

    with pytest.raises(FileNotFoundError, match=r'gone\.pth'):
        run_test(cfg)
    assert run_test(cfg, str(tmp_path / 'run/epoch_2.pth'))['seen'] > 0
    assert cfg.model.weights == 'gone.pth'  # as it is written beside the results


def test_a_config_without_localization_metric_has_no_protocols(make_cfg):
    with pytest.raises(ConfigError, match=r'--protocol: .*config\.py has no LocalizationM'):
        run_test(make_cfg(), protocols=['half_max'])
    with pytest.raises(ConfigError, match='--out'):
        run_test(make_cfg(), out='a.npz')
    with pytest.raises(ConfigError, match='--show-dir'):
        run_test(make_cfg(), show_dir='a')


@pytest.mark.parametrize('kind', ['LocalizationMetric', LocalizationMetric])
def test_protocols_and_dump_reach_the_metric(make_cfg, kind):
    cfg = make_cfg()
    cfg.test_evaluator = [{'type': 'ToyMetric'}, {'type': kind}]
    cfg.model.type = 'Nothing'  # so that it ends before testing
    with pytest.raises(ConfigError):
        run_test(cfg, protocols=['half_max', 'median'], out='dump.npz')
    metric = cfg.test_evaluator[1]
    assert metric == {
        'type': kind,
        'protocols': ['half_max', 'median'],
        'dump': 'dump.npz',
    }
