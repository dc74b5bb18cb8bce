import json

import pytest

from mmavl.experiments import budget


@pytest.mark.parametrize(('minutes', 'epochs'), [(1.0, 6), (0.5, 3), (0.001, 1)])
def test_as_many_epochs_as_fit_into_the_time_and_at_least_one(
    tmp_path, monkeypatch, minutes, epochs
):
    # 100 ms a step, 100 steps an epoch: 10 s an epoch
    monkeypatch.setattr(budget, 'time_steps', lambda cfg, work_dir: (0.1, 100))
    assert budget.epochs_in({}, minutes, tmp_path / 'record.json') == epochs
    record = json.loads((tmp_path / 'record.json').read_text())
    assert record == {'epochs': epochs, 'iterations': 100, 'step_ms': 100.0}


def test_all_seeds_have_the_epochs_of_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, 'time_steps', lambda cfg, work_dir: (0.1, 100))
    assert budget.epochs_in({}, 1, tmp_path / 'record.json') == 6
    monkeypatch.setattr(budget, 'time_steps', lambda cfg, work_dir: (0.3, 100))
    assert budget.epochs_in({}, 1, tmp_path / 'record.json') == 6


def test_a_record_that_another_seed_wrote_meanwhile_is_kept(tmp_path, monkeypatch):
    record = tmp_path / 'record.json'

    def time_steps(cfg, work_dir):
        record.write_text(json.dumps({'epochs': 9}))
        return 0.1, 100

    monkeypatch.setattr(budget, 'time_steps', time_steps)
    assert budget.epochs_in({}, 1, record) == 9
