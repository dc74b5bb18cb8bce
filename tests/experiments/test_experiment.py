import pytest

from mmavl.errors import ConfigError
from mmavl.experiments.experiment import read_experiment


def write(tmp_path, text):
    path = tmp_path / 'experiment.yaml'
    path.write_text(text)
    return path


def test_runs_options_and_seeds_make_trials_seed_after_seed(tmp_path):
    path = write(
        tmp_path,
        'runs:\n'
        '  plain: {config: ez-vsl_scenes}\n'
        '  hot: {config: ez-vsl_scenes, options: {model.temperature: 0.2}}\n'
        'seeds: [4, 5]\n',
    )
    trials = read_experiment(path).trials()
    assert [(t.row, t.seed, t.split) for t, _ in trials] == [
        ('plain', 4, 'test'), ('hot', 4, 'test'), ('plain', 5, 'test'), ('hot', 5, 'test'),
    ]  # fmt: skip
    assert trials[1][1][0].cfg.model.temperature == 0.2
    assert 'temperature' not in trials[0][1][0].cfg.model


def test_a_grid_is_every_combination_and_is_tested_on_the_validation_split(tmp_path):
    path = write(
        tmp_path,
        'runs: {a: {config: lvs_scenes}}\n'
        'grid: {optim_wrapper.optimizer.lr: [0.1, 0.2], model.temperature: [1, 2]}\n',
    )
    trials = read_experiment(path).trials()
    rows = [trial.row for trial, _ in trials]
    assert rows == [f'a,lr={lr},temperature={t}' for lr in (0.1, 0.2) for t in (1, 2)]
    assert {trial.split for trial, _ in trials} == {'val'}
    assert trials[3][1][0].cfg.optim_wrapper.optimizer.lr == 0.2


def test_values_of_a_grid_that_are_paths_make_one_folder_and_none_is_shared(tmp_path):
    grid = 'runs: {a: {config: lvs_scenes}}\ngrid: {train_dataloader.dataset.data_root: [%s]}\n'
    trials = read_experiment(write(tmp_path, grid % 'one/x, two y')).trials()
    assert [t.row for t, _ in trials] == ['a,data_root=one_x', 'a,data_root=two_y']
    assert trials[0][1][0].cfg.train_dataloader.dataset.data_root == 'one/x'
    with pytest.raises(ConfigError, match="share the folder 'a,data_root=one_x'"):
        read_experiment(write(tmp_path, grid % 'one/x, one x')).trials()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('runs: [', 'is not YAML'),
        ('seeds: 3', 'no runs; an experiment has budget, grid'),
        ('runs: {a: {config: x}}\nsed: 3', 'unknown: sed'),
        ('runs: {a/b: {config: x}}', "the run 'a/b' names a folder"),
        ('runs: {a: {confg: x}}', "the run 'a' needs config, and may have options"),
        ('runs: {a: {config: x}}\ngrid: {k: 3}', 'k must have a list of values, not 3'),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read_experiment(write(tmp_path, text))
