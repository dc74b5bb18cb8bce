import json

import pytest
from mmengine import Config

from mmavl.engine.measurement import (
    _fingerprint,
    localizer_checkpoint,
    localizer_key,
    measure,
    set_localizer_checkpoint,
    training_minutes,
)


def write_log(folder, name, lines):
    path = folder / name / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(map(json.dumps, lines)))


def test_minutes_are_those_of_the_iterations_without_validation_or_what_was_done_twice(tmp_path):
    write_log(
        tmp_path, '1', [{'loss': 1, 'time': 3.0, 'step': 10}, {'separation/sdr': 1, 'time': 9}]
    )
    write_log(
        tmp_path, '2', [{'loss': 1, 'time': 2.0, 'step': 10}, {'loss': 1, 'time': 1.0, 'step': 50}]
    )
    assert training_minutes(tmp_path) == pytest.approx((10 * 2 + 40 * 1) / 60)


def test_without_a_log_there_are_no_minutes(tmp_path):
    assert training_minutes(tmp_path) is None


def test_a_record_that_is_new_enough_is_taken_and_another_is_not(tmp_path):
    (tmp_path / 'list.json').write_text('{}')
    dataset = {'list_file': str(tmp_path / 'list.json')}
    dataset['dataset'] = {'data_root': str(tmp_path), 'ann_file': 'gone.json'}
    cfg = Config({'test_dataloader': {'dataset': dataset}})
    with pytest.raises(FileNotFoundError, match=r'no record in .* is newer'):
        measure(cfg, None, tmp_path, dumps_only=True)
    record = {'settings': _fingerprint(cfg), 'metrics': {'separation/sdr': 3.0}}
    (tmp_path / 'separation_list.json').write_text(json.dumps(record))
    assert measure(cfg, None, tmp_path, dumps_only=True) == record
    (tmp_path / 'separation_list.json').write_text(json.dumps({**record, 'settings': None}))
    with pytest.raises(FileNotFoundError, match=r'no record in .* has the settings'):
        measure(cfg, None, tmp_path, dumps_only=True)
    (tmp_path / 'separation_list.json').write_text(json.dumps(record))
    cfg.model = {'share': True}
    with pytest.raises(FileNotFoundError, match=r'no record in .* has the settings'):
        measure(cfg, None, tmp_path, dumps_only=True)


def test_the_localizers_checkpoint_is_read_and_set_in_its_hook():
    hooks = [
        {'type': 'FeatureCacheHook'},
        {'type': 'LocalizerWeightsHook', 'checkpoint': 'a/b.pth'},
    ]
    cfg = Config({'custom_hooks': hooks})
    assert str(localizer_checkpoint(cfg)) == 'a/b.pth'
    assert localizer_key(cfg) == 'custom_hooks.1.checkpoint'
    set_localizer_checkpoint(cfg, 'c.pth')
    assert cfg.custom_hooks[1].checkpoint == 'c.pth'
    assert localizer_checkpoint(Config({})) is None
