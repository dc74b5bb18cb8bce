"""The AudioSet configs run on media in the documented layout, here filled with noise."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from mmengine import Config
from mmengine.runner import runner as mmengine_runner
from PIL import Image

from mmavl.datasets.manifest import write_manifest
from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.scenes.instruments.classes import CLASSES

CONFIGS = Path(__file__).parents[1] / 'configs'
SECONDS, ANNOTATED = 10, 4
RATE = 22050


def write_split(root, split, count):
    """Clips of ten seconds with a frame for each, of which one has boxes."""
    draw = np.random.default_rng(count)
    entries = []
    for index in range(count):
        name = f'{split}_{index}'
        (root / split / name).mkdir(parents=True)
        noise = draw.uniform(-0.5, 0.5, SECONDS * RATE)
        soundfile.write(root / split / f'{name}.wav', noise, RATE)
        frames = [f'{split}/{name}/{second:04d}.jpg' for second in range(SECONDS)]
        for frame in frames:
            Image.fromarray(draw.integers(0, 256, (48, 64, 3), np.uint8)).save(root / frame)
        heard, silent = CLASSES[index % 15], CLASSES[(index + 1) % 15]
        boxes = [
            {'bbox': [0.1, 0.2, 0.3, 0.6], 'label': heard, 'sounding': True},
            {'bbox': [0.5, 0.1, 0.4, 0.5], 'label': silent, 'sounding': False},
        ]
        entry = {'clip_id': name, 'audio': f'{split}/{name}.wav', 'frames': frames, 'fps': 1}
        entry |= {'duration': float(SECONDS), 'tags': [heard]}
        if split != 'val':  # whose clips are held out of the training list
            entry['boxes'] = {str(ANNOTATED): boxes}
        entries.append(entry)
    metainfo = {'dataset': 'audioset_instrument', 'split': split, 'classes': list(CLASSES)}
    write_manifest(root / f'{split}.json', {'metainfo': metainfo, 'data_list': entries})


@pytest.fixture
def options(tmp_path):
    """What differs from a real run: no download, no workers, small pictures, a thin CRNN."""
    for split, count in (('train', 8), ('val', 2), ('test', 3)):
        write_split(tmp_path / 'media', split, count)
    chosen = {'model.visual_backbone.pretrained': False, 'train_cfg.max_epochs': 1}
    chosen['model.audio_backbone.channels'] = (16, 32, 64, 128, 512)
    for name in ('train', 'val', 'test'):
        loader = f'{name}_dataloader'
        chosen |= {
            f'{loader}.batch_size': 4,
            f'{loader}.num_workers': 0,
            f'{loader}.persistent_workers': False,
            f'{loader}.dataset.data_root': str(tmp_path / 'media'),
            f'{loader}.dataset.pipeline.2.size': (64, 64),
        }
    return chosen


def test_both_stages_train_and_the_second_is_tested(options, tmp_path, monkeypatch):
    # asking compilers for their version and formatting the config take longer than training
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))
    stage1 = prepare_config(CONFIGS / 'stage1_audioset.py', str(tmp_path / 'one'), options=options)
    runner = run_training(stage1)
    assert runner.iter == 2
    first = load_checkpoint(tmp_path / 'one/epoch_1.pth')['state_dict']

    options['load_from'] = str(tmp_path / 'one/epoch_1.pth')
    options['optim_wrapper.optimizer.lr'] = 0.0  # so that the weights show where they are from
    stage2 = prepare_config(CONFIGS / 'stage2_audioset.py', str(tmp_path / 'two'), options=options)
    runner = run_training(stage2)
    losses = runner.message_hub.log_scalars
    assert np.isfinite(losses['train/loss_alignment'].current())
    second = load_checkpoint(tmp_path / 'two/epoch_1.pth')['state_dict']
    new = second.keys() - first.keys()
    assert new
    assert all(name.startswith('alignment_head') for name in new)
    for name, value in first.items():
        if 'running' not in name and 'num_batches' not in name:
            torch.testing.assert_close(second[name], value, rtol=0, atol=0)

    cfg = prepare_config(CONFIGS / 'stage2_audioset.py', str(tmp_path / 'test'), options=options)
    metrics = run_test(cfg, str(tmp_path / 'two/epoch_1.pth'))
    assert metrics['tags/audio_classes'] == 3
    assert metrics['half_max/evaluated'] == 3
    assert {'half_max/level1_ciou', 'median/level1_ciou'} <= metrics.keys()
