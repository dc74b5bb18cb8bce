import json

import pytest

from mmavl.errors import ConfigError, DataError
from mmavl.experiments.trial import OUTCOME, Trial, read_outcome, read_trial, stages_of


def test_a_trial_keeps_its_configs_and_refuses_others(tmp_path):
    stages = stages_of('ez-vsl_scenes')
    trial = Trial('ez-vsl', 3, ['ez-vsl_scenes'], 1.5, ['half_max'], 10)
    folder = trial.write(tmp_path, stages)
    assert folder == tmp_path / 'ez-vsl/seed3'
    assert read_trial(folder) == trial
    trial.write(tmp_path, stages)  # the same again
    other = stages_of('ez-vsl_scenes', {'model.temperature': 0.1})
    with pytest.raises(ConfigError, match=r'_scenes\.py was written with other .*--out'):
        trial.write(tmp_path, other)
    with pytest.raises(ConfigError, match=r'trial\.json was written with other settings'):
        Trial('ez-vsl', 3, ['ez-vsl_scenes'], 2.0).write(tmp_path, stages)


def test_options_reach_every_stage():
    first, second = stages_of('stage2_scenes', {'train_dataloader.batch_size': 7})
    assert (first.name, second.name) == ('stage1_scenes', 'stage2_scenes')
    assert first.cfg.train_dataloader.batch_size == second.cfg.train_dataloader.batch_size == 7


def test_a_trial_without_an_outcome_is_not_done(tmp_path):
    assert read_outcome(tmp_path) is None
    (tmp_path / OUTCOME).write_text(json.dumps({'metrics': {}}))
    assert read_outcome(tmp_path) == {'metrics': {}}
    (tmp_path / OUTCOME).write_text('{')
    with pytest.raises(DataError, match=r'outcome\.json is damaged.*delete it and run again'):
        read_outcome(tmp_path)
