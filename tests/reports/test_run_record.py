import copy
import json
import os
import re
from pathlib import Path

import pytest
from mmengine import Config
from torch.optim import AdamW

from mmavl.errors import DataError
from mmavl.reports.run_record import describe, read_run, summarise, write_record

CFG = Config(
    dict(
        model=dict(
            type='CoarseToFine',
            visual_backbone=dict(
                type='CachedBackbone', backbone=dict(type='TimmBackbone', name='resnet18')
            ),
            valid='tags',
        ),
        optim_wrapper=dict(optimizer=dict(type='AdamW', lr=2e-3, weight_decay=0.05)),
        train_cfg=dict(max_epochs=8),
        train_dataloader=dict(batch_size=64, dataset=dict(data_root='data', ann_file='a.json')),
        randomness=dict(seed=3),
    )
)


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines), encoding='utf-8')


def test_a_config_is_summed_up_by_what_matters():
    assert summarise(CFG) == {
        'model': 'CoarseToFine',
        'visual backbone': 'CachedBackbone(TimmBackbone resnet18)',
        'optimizer': 'AdamW, lr 0.002, weight_decay 0.05',
        'epochs': '8',
        'batch size': '64',
        'training data': 'data/a.json',
        'seed': '3',
    }


def test_a_component_that_is_named_by_its_class_is_summed_up_alike():
    cfg = copy.deepcopy(CFG)
    cfg.optim_wrapper.optimizer.type = AdamW
    assert summarise(cfg) == summarise(CFG)


def test_a_description_holds_the_command_as_it_must_be_typed(monkeypatch):
    monkeypatch.setattr('sys.argv', ['tools/train.py', 'my config.py', '--seed', '3'])
    record = describe(CFG)
    assert record['command'] == "python tools/train.py 'my config.py' --seed 3"
    monkeypatch.setattr('sys.argv', ['/usr/bin/mmavl', 'train', 'stage2_scenes'])
    assert describe(CFG)['command'] == 'mmavl train stage2_scenes'
    assert "type='CoarseToFine'" in record['config']
    assert record['environment']['torch']


def test_a_description_names_config_commit_and_dtype(tmp_path):
    file = tmp_path / 'a.py'
    file.write_text("test_cfg = dict(type='AutocastTestLoop', dtype='bfloat16')")
    record = describe(Config.fromfile(file))
    assert record['config_name'] == os.path.relpath(file)
    assert record['dtype'] == 'bfloat16'
    assert describe(CFG)['dtype'] == 'float32'
    shipped = Config.fromfile(Path(__file__).parents[2] / 'configs/stage2_scenes.py')
    assert describe(shipped)['config_name'] == 'stage2_scenes'
    commit = record['commit']  # none outside of a checkout
    assert commit is None or re.fullmatch('[0-9a-f]{40}(-dirty)?', commit)


def test_records_and_logs_are_read_back_in_order(tmp_path):
    write_record(tmp_path / 'results' / 'train.json', {'started': 'früh'})
    write_record(tmp_path / 'results' / 'test.json', {'metrics': {'a': 1.0}})
    write_lines(tmp_path / '2' / 'vis_data' / 'scalars.json', ['{"loss": 1, "step": 2}', '{"lo'])
    write_lines(tmp_path / '1' / 'vis_data' / 'scalars.json', ['{"loss": 2, "step": 1}'])
    run = read_run(tmp_path)
    assert run.train == {'started': 'früh'}
    assert run.tests == [{'metrics': {'a': 1.0}, 'split': 'test'}]
    assert [line['step'] for line in run.scalars] == [1, 2]


def test_an_empty_directory_is_refused(tmp_path):
    with pytest.raises(DataError, match='has no record of a run'):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ('name', 'text', 'message'),
    [
        ('results/test.json', '{', 'test.json is not a record'),
        ('1/vis_data/scalars.json', '{"loss"\n{"loss": 1, "step": 1}', 'line 1 is not JSON'),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, text, message):
    write_lines(tmp_path / name, [text])
    with pytest.raises(DataError, match=message):
        read_run(tmp_path)


def test_a_record_is_json_that_people_can_read(tmp_path):
    write_record(tmp_path / 'r.json', {'clip_id': 'Flügelhorn'})
    text = (tmp_path / 'r.json').read_text(encoding='utf-8')
    assert 'Flügelhorn' in text
    assert json.loads(text) == {'clip_id': 'Flügelhorn'}
