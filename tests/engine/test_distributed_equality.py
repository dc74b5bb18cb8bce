"""Two processes train and evaluate as one process does with the same global batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from mmavl.datasets.manifest import write_manifest
from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.evaluation.predictions import read_predictions

ROOT = Path(__file__).parents[2]
CLASSES = ['Cello', 'Flute', 'Piano', 'Violin']
RATE = 8000
CONFIG = """
_base_ = {runtime!r}
default_hooks = dict(visualization=None, logger=dict(interval=1))
log_processor = dict(window_size=1)
custom_hooks = [dict(type='FreezeBatchNormHook')]
pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=8000),
    dict(type='Resize', size=(64, 64)),
    dict(type='CropPadAudio', seconds=0.6, crop='centre'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='AVDataset', data_root={data!r}, ann_file='train.json', pipeline=pipeline
    ),
)
val_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='AVDataset', data_root={data!r}, ann_file='test.json', pipeline=pipeline,
        test_mode=True,
    ),
)
val_evaluator = [
    dict(type='LocalizationMetric', protocols=['half_max'], dump='val.npz'),
    dict(type='TagMetric'),
]
test_dataloader = val_dataloader
test_evaluator = [
    dict(type='LocalizationMetric', protocols=['half_max', 'median']),
    dict(type='TagMetric'),
]
model = dict(
    type='CoarseToFine',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        spectrogram=dict(
            type='LogMelSpectrogram', sample_rate=8000, n_fft=512, win_length=320, hop_length=160
        ),
    ),
    audio_backbone=dict(type='CRNN', channels=(4, 4, 4, 4, 6)),
    visual_backbone=dict(type='TimmBackbone', name='resnet10t', out_indices=(3, 4)),
    avc_head=dict(
        type='AVCHead',
        audio_branch=dict(type='AVCAudioBranch', in_channels=6, channels=8),
        visual_branch=dict(type='ConvNeck', in_channels=256, out_channels=8),
        channels=8,
    ),
    audio_tag_head=dict(type='GRUTagHead', num_classes=4, in_channels=12, hidden=5),
    visual_tag_head=dict(type='PooledTagHead', num_classes=4, in_channels=512),
    disentangler=dict(type='GradCAMDisentangler'),
    alignment_head=dict(
        type='AlignmentHead',
        in_channels=8,
        peak_threshold=0.4,
        refine_temperature=0.5,
        loss=dict(type='PairInfoNCELoss', absent=True, background=True, alike=0.4),
    ),
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.05, momentum=0.9))
train_cfg = dict(by_epoch=True, max_epochs=1, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
"""


def write_split(root, split, tags):
    """Clips of noise with one to four tags each, so that processes have unequal pairs."""
    draw = np.random.default_rng(len(tags))
    entries = []
    for index, classes in enumerate(tags):
        name = f'{split}{index}'
        soundfile.write(root / f'{name}.wav', draw.uniform(-0.5, 0.5, RATE), RATE)
        Image.fromarray(draw.integers(0, 256, (64, 64, 3), np.uint8)).save(root / f'{name}.png')
        labels = [CLASSES[c] for c in classes]
        boxes = [
            {'bbox': [0.2 * c, 0.1, 0.3, 0.5 + 0.1 * c], 'label': CLASSES[c], 'sounding': True}
            for c in classes
        ]
        files = {'audio': f'{name}.wav', 'frames': [f'{name}.png'], 'fps': 1, 'duration': 1.0}
        entries.append({'clip_id': name, **files, 'tags': labels, 'boxes': {'0': boxes}})
    metainfo = {'dataset': 'toy', 'split': split, 'classes': CLASSES}
    write_manifest(root / f'{split}.json', {'metainfo': metainfo, 'data_list': entries})


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    root = tmp_path_factory.mktemp('equality')
    four = [[0], [1, 2], [3], [0, 1, 2, 3], [2, 3], [1], [0, 3], [2]]
    write_split(root, 'train', four + [[1, 3], [0], [0, 1, 2], [3]])
    write_split(root, 'test', [[0], [1, 2], [3], [0, 2], [1]])
    path = root / 'toy.py'
    runtime = str(ROOT / 'configs/_base_/default_runtime.py')
    path.write_text(CONFIG.format(runtime=runtime, data=str(root)))
    return path


@pytest.fixture(scope='module')
def one_process(config):
    """The work directory of a training with batches of four in this process."""
    options = {'val_evaluator.0.dump': str(config.parent / 'one.npz')}
    run_training(prepare_config(config, str(config.parent / 'one'), options=options))
    return config.parent / 'one'


def launch(script, *arguments):
    """Run one of the launch scripts and return what it printed."""
    env = {**os.environ, 'PYTHON': sys.executable, 'CUDA_VISIBLE_DEVICES': ''}
    command = ['bash', str(ROOT / 'tools' / script), *map(str, arguments)]
    result = subprocess.run(command, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def scalars(work_dir):
    (path,) = work_dir.glob('*/vis_data/scalars.json')
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [compared(record) for record in records]


def assert_same_predictions(path, other):
    predictions, others = read_predictions(path)[0], read_predictions(other)[0]
    assert [p.clip_id for p in predictions] == [f'test{index}' for index in range(5)]
    assert [p.clip_id for p in others] == [f'test{index}' for index in range(5)]
    for one, two in zip(predictions, others):
        assert one.map_labels.tolist() == two.map_labels.tolist()
        np.testing.assert_allclose(one.maps, two.maps, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(one.pred_tags, two.pred_tags, rtol=1e-3)


def compared(metrics):
    """All but times, and the accuracy of correspondence, whose wrong pairs are each batch's."""
    left_out = ('time', 'data_time', 'tags/avc_accuracy')
    return {name: value for name, value in metrics.items() if name not in left_out}


def test_two_processes_have_the_losses_updates_and_metrics_of_one(config, one_process):
    root = config.parent
    launch(
        'dist_train.sh', config, 2, '--work-dir', root / 'two', '--cfg-options',
        'train_dataloader.batch_size=2', f'val_evaluator.0.dump={root / "two.npz"}',
    )  # fmt: skip
    ones, twos = scalars(one_process), scalars(root / 'two')
    assert [record.get('iter') for record in ones] == [1, 2, 3, None]
    assert len(twos) == len(ones)
    for one, two in zip(ones[:3], twos[:3]):
        assert {'loss', 'loss_avc', 'loss_audio_tag', 'loss_visual_tag', 'loss_alignment'} < {*one}
        assert two == pytest.approx(one, rel=1e-4)
    assert twos[3] == pytest.approx(ones[3], rel=1e-4, nan_ok=True)
    assert_same_predictions(root / 'one.npz', root / 'two.npz')

    weights = load_checkpoint(one_process / 'epoch_1.pth')['state_dict']
    others = load_checkpoint(root / 'two' / 'epoch_1.pth')['state_dict']
    assert weights.keys() == others.keys()
    for name, value in weights.items():
        torch.testing.assert_close(others[name], value, rtol=1e-4, atol=1e-6, msg=name)
        if name.endswith('running_mean'):
            assert not value.any()  # batch normalisation was in evaluation mode


@pytest.mark.slow
def test_two_processes_evaluate_an_odd_number_of_samples_once_each(config, one_process):
    root, checkpoint = config.parent, one_process / 'epoch_1.pth'
    cfg = prepare_config(config, str(root / 'test_one'))
    metrics = run_test(cfg, str(checkpoint), out=str(root / 'test_one.npz'))
    printed = launch(
        'dist_test.sh', config, checkpoint, 2, '--work-dir', root / 'test_two', '--out',
        root / 'test_two.npz',
    )  # fmt: skip
    assert 'repeat the clip' not in printed
    (path,) = (root / 'test_two').glob('*/*.json')
    assert compared(json.loads(path.read_text())) == pytest.approx(
        compared(metrics), rel=1e-4, nan_ok=True
    )
    assert_same_predictions(root / 'test_one.npz', root / 'test_two.npz')
