"""The configs for SoundNet-Flickr and MUSIC run on media in their layouts, filled with noise."""

import numpy as np
import pytest
import soundfile
import torch
from mmengine import Config
from mmengine.runner import runner as mmengine_runner
from PIL import Image
from torch.nn import functional as F

from mmavl.datasets.manifest import write_manifest
from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.evaluation import read_predictions
from mmavl.utils.shipped import find_config

RATE = 22050
GROUPS = [f'group {index}' for index in range(7)]
INSTRUMENTS = [f'instrument {index}' for index in range(11)]


def write_pairs(root, split, count, classes, annotation):
    """Pairs of a frame and two seconds of noise."""
    draw = np.random.default_rng(count)
    entries = []
    for index in range(count):
        name = f'{split}_{index}'
        soundfile.write(root / f'{name}.wav', draw.uniform(-0.5, 0.5, 2 * RATE), RATE)
        picture = draw.integers(0, 256, (64, 64, 3), np.uint8)
        Image.fromarray(picture).save(root / f'{name}.jpg')
        entry = {'clip_id': name, 'audio': f'{name}.wav', 'frames': [f'{name}.jpg'], 'fps': 1}
        entries.append({**entry, 'duration': 2.0, 'tags': {}, **annotation(classes, index)})
    metainfo = {'dataset': 'noise', 'split': split, 'classes': classes}
    write_manifest(root / f'{split}.json', {'metainfo': metainfo, 'data_list': entries})


def pseudo_labels(classes, index):
    return {'tags': {classes[index % 3]: 0.9}, 'visual_tags': {classes[2]: 0.7}}


def annotators(classes, index):
    return {'annotators': [[1, 1, 100, 129], [33, 1, 129, 200]]}


def two_boxes(classes, index):
    boxes = [
        {'bbox': [0, 0, 0.5, 1], 'label': classes[0], 'sounding': True},
        {'bbox': [0.5, 0, 0.5, 0.5], 'label': classes[1], 'sounding': True},
    ]
    return {'tags': classes[:2], 'boxes': {'0': boxes}}


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """Read a config, without what takes time: downloads, workers, large pictures, a wide CRNN."""
    # asking compilers for their version and formatting the config take longer than training
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))
    media = tmp_path / 'media'
    media.mkdir()

    def make(name, classes, train, test, **more):
        write_pairs(media, 'train', 4, classes, train)
        write_pairs(media, 'test', 3, classes, test)
        options = {'train_cfg.max_epochs': 1, 'load_from': None, **more}
        if 'released' not in name:
            options['model.audio_backbone.channels'] = (16, 32, 64, 128, 512)
        options['model.visual_backbone.pretrained'] = False
        for split, file in (('train', 'train'), ('val', 'test'), ('test', 'test')):
            loader = f'{split}_dataloader'
            options |= {
                f'{loader}.batch_size': 2,
                f'{loader}.num_workers': 0,
                f'{loader}.persistent_workers': False,
                f'{loader}.dataset.data_root': str(media),
                f'{loader}.dataset.ann_file': f'{file}.json',
                f'{loader}.dataset.pipeline.2.size': (64, 64),
            }
        cfg = prepare_config(find_config(name), str(tmp_path / name), options=options)
        cfg.default_hooks.pop('visualization')  # pictures take longer than training
        return cfg

    return make


def whole_sound(prediction, stretched):
    """Section 4.3: maps of the predicted classes, weighted by their normalised probabilities."""
    weights = prediction.pred_tags[prediction.pred_labels]
    maps = [prediction.maps[prediction.map_labels == k][0] for k in prediction.pred_labels]
    if stretched:
        maps = [(values - values.min()) / max(np.ptp(values), 1e-12) for values in maps]
    return np.tensordot(weights / weights.sum(), np.stack(maps), 1)


def consensus_iou(values):
    """Of a map [h, w] above half of its range, for the boxes of annotators()."""
    values = torch.from_numpy(values)[None, None]
    values = F.interpolate(values, (256, 256), mode='bilinear')[0, 0].numpy()
    mask = values > (values.min() + values.max()) / 2
    reference = np.zeros((256, 256))
    reference[0:128, 0:99] += 0.5
    reference[0:199, 32:128] += 0.5
    return (mask * reference).sum() / (reference.sum() + (mask & (reference == 0)).sum())


def test_flickr_is_scored_by_one_map_for_the_whole_sound(prepare, tmp_path):
    cfg = prepare('stage2_flickr', GROUPS, pseudo_labels, annotators)
    runner = run_training(cfg)
    assert np.isfinite(runner.message_hub.log_scalars['train/loss_alignment'].current())
    checkpoint = str(tmp_path / 'stage2_flickr/epoch_1.pth')
    for name in ('stage2_flickr', 'cam_flickr'):
        cfg = prepare(name, GROUPS, pseudo_labels, annotators)
        cfg.model.valid_threshold = 0.1  # several classes for each clip
        dump = tmp_path / f'{name}.npz'
        metrics = run_test(cfg, checkpoint, ['half_max/predicted'], out=str(dump))
        assert metrics['half_max/predicted/evaluated'] == 3
        predictions, _ = read_predictions(dump)
        assert max(len(p.pred_labels) for p in predictions) > 1
        for rule, stretched in (('', True), ('/raw_sum', False)):
            expected = np.mean([consensus_iou(whole_sound(p, stretched)) for p in predictions])
            result = metrics[f'half_max/predicted{rule}/consensus_mean_ciou']
            assert result == pytest.approx(expected, abs=1e-4), name + rule


@pytest.mark.slow
@pytest.mark.parametrize('name', ['stage1_flickr_released', 'stage2_flickr_released'])
def test_the_released_variant_trains_on_flickr(name, prepare):
    runner = run_training(prepare(name, GROUPS, pseudo_labels, annotators))
    losses = runner.message_hub.log_scalars
    assert np.isfinite(losses['train/loss'].current())
    assert ('train/loss_alignment' in losses) == name.startswith('stage2')


def test_stage_2_trains_on_music_and_is_tested_on_duets(prepare, tmp_path):
    def solo(classes, index):
        return {'tags': [classes[index]]}

    cfg = prepare('stage2_music', INSTRUMENTS, solo, two_boxes)
    run_training(cfg)
    metrics = run_test(cfg, str(tmp_path / 'stage2_music/epoch_1.pth'), ['half_max'])
    assert metrics['half_max/level2_frames'] == 3
