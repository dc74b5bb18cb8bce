"""Both stages on cached features, their test and report: in either format, by one process or two,
with and without loading processes, in folders whose names hold a space, a colon and an umlaut."""

import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mmengine import Config
from mmengine.runner import runner as mmengine_runner
from PIL import Image

from mmavl.datasets.manifest import write_manifest
from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.evaluation.predictions import read_predictions
from mmavl.reports.html_report import write_report
from mmavl.reports.run_record import read_run

ROOT = Path(__file__).parents[2]
CLASSES = ['Cello', 'Flute', 'Piano']
UNUSUAL = 'a b: Ü'
CONFIG = """
_base_ = {runtime!r}
custom_hooks = [dict(type='FeatureCacheHook')]
pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=8000),
    dict(type='Resize', size=(64, 64)),
    dict(type='CropPadAudio', seconds=0.6, crop='centre'),
    dict(type='FlipFeatures'),
    dict(type='PackAVInputs'),
]
loader = dict(batch_size=2, num_workers=0, drop_last=True)
dataset = dict(type='AVDataset', data_root={data!r}, pipeline=pipeline)
train_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train.json'),
)
val_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**dataset, ann_file='test.json', test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = [dict(type='LocalizationMetric', protocols=['half_max']), dict(type='TagMetric')]
test_evaluator = val_evaluator
model = dict(
    type='CoarseToFine',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        spectrogram=dict(
            type='LogMelSpectrogram', sample_rate=8000, n_fft=512, win_length=320, hop_length=160
        ),
    ),
    audio_backbone=dict(
        type='CachedBackbone', backbone=dict(type='CRNN', channels=(4, 4, 4, 4, 6))
    ),
    visual_backbone=dict(
        type='CachedBackbone',
        backbone=dict(type='TimmBackbone', name='resnet10t', out_indices=(3,)),
    ),
    visual_neck=dict(type='ConvNeck', in_channels=256, out_channels=8),
    avc_head=dict(
        type='AVCHead',
        audio_branch=dict(type='AVCAudioBranch', in_channels=6, channels=8),
        visual_branch=dict(type='ConvNeck', in_channels=256, out_channels=8),
        channels=8,
    ),
    audio_tag_head=dict(type='GRUTagHead', num_classes=3, in_channels=12, hidden=5),
    visual_tag_head=dict(type='PooledTagHead', num_classes=3, in_channels=8),
    disentangler=dict(type='GradCAMDisentangler'),
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3))
train_cfg = dict(by_epoch=True, max_epochs=1, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
"""
STAGE2 = """
_base_ = 'stage 1: Ü.py'
model = dict(alignment_head=dict(type='AlignmentHead', in_channels=8, refine_temperature=0.5))
load_from = {checkpoint!r}
"""
_runs = count()


@pytest.fixture
def folder(tmp_path):
    """Six clips to train on and three to test with, and the configs of both stages."""
    root = tmp_path / UNUSUAL / 'Dätä: 1'
    root.mkdir(parents=True)
    draw = np.random.default_rng(0)
    for split, number in (('train', 6), ('test', 3)):
        entries = []
        for index in range(number):
            name, label = f'{split} ü{index}', CLASSES[index % 3]
            soundfile.write(root / f'{name}.wav', draw.uniform(-0.5, 0.5, 8000), 8000)
            pixels = draw.integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(pixels).save(root / f'{name}.png')
            box = {'bbox': [0.2, 0.1, 0.4, 0.5], 'label': label, 'sounding': True}
            files = {'audio': f'{name}.wav', 'frames': [f'{name}.png'], 'fps': 1, 'duration': 1.0}
            entry = {'clip_id': name, **files, 'tags': [label], 'boxes': {'0': [box]}}
            entries.append(entry)
        metainfo = {'dataset': 'toy', 'split': split, 'classes': CLASSES}
        write_manifest(root / f'{split}.json', {'metainfo': metainfo, 'data_list': entries})
    runtime = str(ROOT / 'configs/_base_/default_runtime.py')
    top = root.parent
    (top / 'stage 1: Ü.py').write_text(CONFIG.format(runtime=runtime, data=str(root)), 'utf-8')
    checkpoint = str(top / 'Läufe: 1/epoch_1.pth')
    (top / 'stage 2: Ü.py').write_text(STAGE2.format(checkpoint=checkpoint), 'utf-8')
    return top


@pytest.fixture
def quick(monkeypatch):
    # asking compilers for their version and formatting the config take longer than training
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))


@pytest.mark.parametrize(('dtype', 'workers'), [('float32', 2), ('bfloat16', 0), ('bfloat16', 2)])
def test_both_stages_train_on_cached_features_and_are_tested(folder, quick, dtype, workers):
    options = {f'{split}_dataloader.num_workers': workers for split in ('train', 'val', 'test')}

    def prepare(stage, work_dir):
        config, place = folder / f'stage {stage}: Ü.py', str(folder / work_dir)
        cfg = prepare_config(config, place, dtype, dict(options), seed=0)
        cfg.experiment_name = f'every machine {next(_runs)}'
        return cfg

    for stage in (1, 2):
        runner = run_training(prepare(stage, f'Läufe: {stage}'))
        assert runner.iter == 3
        assert all(
            p.dtype.is_floating_point and p.isfinite().all() for p in runner.model.parameters()
        )
    cached = [path for path in (folder / 'Dätä: 1/features').iterdir() if path.is_dir()]
    assert len(cached) == 4  # sound and picture of both splits: of one key in both stages
    dump = folder / 'Läufe: 3/Vorhersagen: 3.npz'
    checkpoint = str(folder / 'Läufe: 2/epoch_1.pth')
    cfg = prepare(2, 'Läufe: 3')
    metrics = run_test(cfg, checkpoint, out=str(dump), show_dir=str(folder / 'Läufe: 3/Bilder'))
    assert metrics['half_max/evaluated'] == 3
    predictions, _ = read_predictions(dump)
    assert {p.maps.dtype for p in predictions} == {np.dtype(np.float32)}
    assert all(np.isfinite(p.maps).all() and p.maps.max() > 0 for p in predictions)
    runs = [read_run(folder / f'Läufe: {number}') for number in (1, 2, 3)]
    write_report(runs, folder / 'Bericht: Ü.html')
    assert 'Läufe: 2' in (folder / 'Bericht: Ü.html').read_text('utf-8')


def test_two_processes_with_loading_processes_train_in_bfloat16(folder):
    env = {**os.environ, 'PYTHON': sys.executable, 'CUDA_VISIBLE_DEVICES': ''}
    options = ['train_dataloader.num_workers=2', 'train_dataloader.batch_size=1']
    result = subprocess.run(
        [
            'bash', ROOT / 'tools/dist_train.sh', folder / 'stage 1: Ü.py', '2',
            '--work-dir', folder / 'Läufe: 1', '--dtype', 'bfloat16', '--cfg-options', *options,
        ],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert 'Training computes in bfloat16, as set by dtype=bfloat16' in result.stdout
    assert re.search(r'Epoch\(val\) \[1\].*half_max/evaluated: 3', result.stdout)
    assert (folder / 'Läufe: 1/epoch_1.pth').is_file()
