import json
import re

import pytest

from mmavl.cli.main import main
from mmavl.errors import ConfigError
from mmavl.experiments.leaderboard import BY_CLASS, WHOLE, find_methods, tables
from mmavl.utils.shipped import shipped

CONFIG = """
_base_ = {base!r}
root, file = {root!r}, {file!r}
pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(32, 32)),
    dict(type='CropPadAudio', seconds=0.5),
    dict(type='PackAVInputs'),
]
dataset = dict(type='AVDataset', data_root=root, ann_file=file, pipeline=pipeline)
train_dataloader = dict(
    batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    drop_last=True, dataset=dataset,
)
val_dataloader = dict(
    batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(dataset, test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='LocalizationMetric', protocols=['half_max'])
test_evaluator = val_evaluator
val_cfg = test_cfg = dict()
train_cfg = dict(by_epoch=True, max_epochs=2)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01))
model = dict(
    type='EZVSL',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        spectrogram=dict(type='LogMelSpectrogram', sample_rate=16000),
    ),
    audio_backbone=dict(type='CRNN', channels=(4, 4, 4, 4, 6)),
    visual_backbone=dict(type='TimmBackbone', name='resnet10t', out_indices=(1,)),
    audio_neck=dict(type='PooledProjection', in_channels=6, out_channels=8),
    visual_neck=dict(type='Projection', in_channels=64, out_channels=8),
)
"""


@pytest.fixture
def config(tmp_path, tiny_manifest):
    """Path of the config of a small method."""
    base = str(shipped().resolve() / '_base_/default_runtime.py')
    path = tmp_path / 'small.py'
    values = {'root': str(tiny_manifest.parent), 'file': tiny_manifest.name}
    path.write_text(CONFIG.format(base=base, **values))
    return str(path)


def test_every_localizer_with_a_config_for_the_data_is_a_row():
    methods = {method.name: [s.name for s in method.stages] for method in find_methods('scenes')}
    assert {'random', 'avc', 'stage1', 'ez-vsl', 'lvs', 'slavc', 'attention'} <= set(methods)
    assert methods['stage2'] == ['stage1_scenes', 'stage2_scenes']  # what it starts from is first
    assert methods['dsol'] == ['dsol_scenes_stage1', 'dsol_scenes']
    assert not any(re.search('separation|pixels|boxes', name) for name in methods)


def test_unknown_data_and_configs_of_other_tasks_are_refused():
    with pytest.raises(ConfigError, match='--data nothing: no config is named <method>_nothing'):
        find_methods('nothing')
    with pytest.raises(ConfigError, match=r'separation_scenes\.py: its model is not a localizer'):
        find_methods('scenes', ['separation'])
    with pytest.raises(FileNotFoundError, match="did you mean 'ez-vsl_scenes'"):
        find_methods('scenes', ['ezvsl_scenes'])


def test_published_networks_come_with_the_data_and_classes_of_the_leaderboard():
    options = {'train_dataloader.batch_size': 8}
    (method,) = find_methods('scenes', ['avgn'], options, published=True)
    cfg = method.stages[0].cfg
    assert cfg.train_dataloader.batch_size == 8
    assert cfg.model.visual_backbone.type == 'ResNet18'
    assert cfg.model.num_classes == 3  # the 11 of MUSIC do not fit
    for split in ('train', 'val', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        assert (dataset.data_root, dataset.ann_file) == ('data/instrument_scenes', f'{split}.json')
        assert dataset.tag_level == 'group'
    stages = find_methods('scenes', ['dsol'], published=True)[0].stages
    assert stages[0].cfg.train_dataloader.dataset.filter_cfg == {'levels': [1]}
    assert [stage.cfg.model.type for stage in stages] == ['DSOL', 'DSOL']


def test_two_stage_methods_with_published_networks_start_from_their_own_first_stage():
    stages = find_methods('scenes', ['dsol'], published=True)[0].stages
    assert stages[1].cfg.load_from == 'work_dirs/dsol_scenes_stage1/epoch_16.pth'


def outcome(pointing, agnostic=False, **more):
    figures = {'pointing': pointing, 'average_ciou': pointing / 2, 'class_agnostic': agnostic}
    metrics = {f'{p}/{k}': v for p in (WHOLE, BY_CLASS) for k, v in figures.items()}
    metrics |= {f'{WHOLE}/centred_disc/pointing': 0.3, 'probe/dependence': 0.25}
    metrics |= {'cost/parameters': 3e6, 'cost/trained': 1.5e6, 'cost/ms_per_clip': 2.0}
    return {'metrics': metrics, 'stages': {'a': {'epochs': 3}}, 'memory_mb': 700.0, **more}


def test_rows_are_means_over_seeds_by_pointing_before_those_without_a_model():
    rows = {
        'blind': [outcome(0.2, agnostic=True), outcome(0.4, agnostic=True)],
        'classes': [outcome(0.9), outcome(0.7)],
    }
    whole, by_class = tables(rows)
    assert [row.name for row in whole.rows] == ['classes', 'blind', 'centred disc']
    text = whole.to_markdown()
    assert (
        '| classes | 80.0 ± 14.1 | 40.0 ± 7.1 | 0.25 ± 0.00 | 3 | 1.50 | 3.0 | 2.0 | 700 |' in text
    )
    assert [row.name for row in by_class.rows] == ['classes']  # the other knows no classes


def test_a_leaderboard_is_trained_tested_written_and_resumed(config, tmp_path, capsys):
    out = tmp_path / 'board'
    command = ['leaderboard', '--data', 'toy', '--budget', '0.0001', '--out', str(out)]
    command += ['--probe-clips', '2', '--methods', config]
    assert main(command) == 0
    record = json.loads((out / 'leaderboard.json').read_text())
    (trial,) = record['trials']['small']
    assert trial['metrics'][f'{WHOLE}/evaluated'] == 4
    assert trial['metrics']['probe/dependence'] >= 0
    assert trial['metrics']['cost/trained'] == trial['metrics']['cost/parameters']
    assert trial['stages']['small']['epochs'] == 1
    assert trial['checkpoint'].startswith('small/best_half_max_average_ciou')
    assert '| small | ' in (out / 'leaderboard.md').read_text()
    assert 'data:image/jpeg' in (out / 'leaderboard.html').read_text()
    first = (out / 'small/seed0/outcome.json').read_bytes()
    capsys.readouterr()
    assert main(command) == 0
    assert '0 runs to do' in capsys.readouterr().out
    assert (out / 'small/seed0/outcome.json').read_bytes() == first
    command[command.index('0.0001')] = '0.02'
    assert main(command) == 2
    assert 'trial.json was written with other settings' in capsys.readouterr().err
