import logging
from types import SimpleNamespace

import pytest
import torch
from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.engine.hooks import AudioProbeHook
from mmavl.errors import ConfigError
from mmavl.models.localizers import BaseLocalizer
from mmavl.models.localizers.base_localizer import store_maps


class Pointer(BaseLocalizer):
    """Points at a column: always the first, or one that the loudness of the sound chooses."""

    def __init__(self, listens):
        super().__init__({'type': 'AVDataPreprocessor'})
        self.listens = listens

    def extract(self, inputs):
        """Nothing."""
        return {}

    def loss(self, inputs, data_samples):
        """Nothing."""
        return {}

    def predict(self, inputs, data_samples):
        """Point."""
        loud = inputs['waveform'].square().mean(1).sqrt()
        column = (loud * 1000).long() % 16 if self.listens else torch.zeros(len(loud)).long()
        maps = torch.zeros(len(loud), 16, 16)
        maps[torch.arange(len(loud)), 3, column] = 1.0
        pairs = torch.stack([torch.arange(len(loud)), torch.full((len(loud),), -1)], 1)
        for sample, level in zip(data_samples, loud):
            sample.pred_tags = torch.full((len(sample.gt_tags),), float(level))
        store_maps(data_samples, maps, pairs)
        return data_samples


@pytest.fixture
def make_runner(tiny_manifest):
    init_default_scope('mmavl')
    pipeline = [
        {'type': 'LoadFrame'},
        {'type': 'LoadAudio', 'sample_rate': 16000},
        {'type': 'Resize', 'size': (32, 32)},
        {'type': 'CropPadAudio', 'seconds': 0.5},
        {'type': 'PackAVInputs'},
    ]
    dataset = {
        'type': 'AVDataset',
        'ann_file': str(tiny_manifest),
        'data_root': str(tiny_manifest.parent),
        'pipeline': pipeline,
        'test_mode': True,
    }

    def make(listens, without=''):
        kept = [step for step in pipeline if step['type'] != without]
        cfg = Config({'test_dataloader': {'dataset': {**dataset, 'pipeline': kept}}})
        return SimpleNamespace(
            model=Pointer(listens),
            cfg=cfg,
            test_loop=SimpleNamespace(fp16=False),
            logger=logging.getLogger('probe'),
        )

    return make


def test_a_localizer_that_is_blind_to_sound_is_seen_at_once(make_runner, caplog):
    metrics = {}
    with caplog.at_level('INFO'):
        AudioProbeHook().after_test_epoch(make_runner(listens=False), metrics)
    assert metrics['probe/dependence'] == 0
    assert metrics['probe/silence/map_change'] == 0
    assert 'The maps do not depend on the sound.' in caplog.text


def test_one_that_listens_has_other_maps_under_silence(make_runner, caplog):
    metrics = {'half_max/pointing': 0.5}
    with caplog.at_level('INFO'):
        AudioProbeHook(clips=3).after_test_epoch(make_runner(listens=True), metrics)
    assert metrics['probe/silence/map_change'] > 0.5
    assert metrics['probe/silence/score_change'] > 0.01
    assert metrics['half_max/pointing'] == 0.5
    assert 'do not depend' not in caplog.text


def test_noise_is_as_loud_as_the_own_sound(make_runner):
    metrics = {}
    AudioProbeHook().after_test_epoch(make_runner(listens=True), metrics)
    assert metrics['probe/noise/score_change'] < 0.01


def test_a_model_of_another_task_is_refused(make_runner):
    runner = make_runner(listens=True)
    runner.model = torch.nn.Identity()
    with pytest.raises(ConfigError, match='needs a localizer, not a Identity'):
        AudioProbeHook().after_test_epoch(runner, {})


def test_a_pipeline_without_sound_is_refused(make_runner):
    runner = make_runner(listens=True, without='LoadAudio')
    with pytest.raises(ConfigError, match='gives no waveform to replace'):
        AudioProbeHook().after_test_epoch(runner, {})


class Chooser(BaseLocalizer):
    """Has the same map of each class under any sound; the loudness chooses the classes."""

    def __init__(self):
        super().__init__({'type': 'AVDataPreprocessor'})

    def extract(self, inputs):
        """Nothing."""
        return {}

    def loss(self, inputs, data_samples):
        """Nothing."""
        return {}

    def predict(self, inputs, data_samples):
        """Predict the first class under a sound, and the second under silence."""
        maps = torch.zeros(2, 16, 16)
        maps[0, 3, 3] = maps[1, 9, 9] = 1.0
        for sample, waveform in zip(data_samples, inputs['waveform']):
            sample.pred_labels = torch.tensor([0 if waveform.any() else 1])
            sample.pred_tags = torch.tensor([0.5, 0.5])
        pairs = [[clip, label] for clip in range(len(data_samples)) for label in range(2)]
        store_maps(data_samples, maps.repeat(len(data_samples), 1, 1), torch.tensor(pairs))
        return data_samples


def test_a_model_whose_sound_chooses_among_fixed_class_maps_listens(make_runner, caplog):
    runner = make_runner(listens=True)
    runner.model = Chooser()
    metrics = {}
    with caplog.at_level('INFO'):
        AudioProbeHook().after_test_epoch(runner, metrics)
    assert metrics['probe/silence/map_change'] == 0
    assert metrics['probe/silence/whole_change'] > 0.9
    assert metrics['probe/noise/whole_change'] == 0  # chooses the same class
    assert 'do not depend' not in caplog.text
