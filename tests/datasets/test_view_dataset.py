import json

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from PIL import Image

from mmavl.datasets import ViewDataset
from mmavl.datasets.parts import av_datasets
from mmavl.engine.runner import AVRunner
from mmavl.errors import ConfigError, DataError

PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'CropPadAudio', 'seconds': 0.5, 'crop': 'start'},
    {'type': 'PackAVInputs'},
]
FLIPPED = [*PIPELINE[:-1], {'type': 'RandomFlip', 'prob': 1.0}, PIPELINE[-1]]


class Features:
    """Cached features of four clips: 0 and 1 look alike, 0 and 2 sound alike, 1 and 3 as well."""

    def read(self, index):
        image = np.float16([[1, 0.1], [1, 0], [0, 1], [0.1, 1]][index])
        audio = np.float16([[1, 0.1], [0, 1], [1, 0], [0.1, 1]][index])
        return {'image_features': image[:, None, None], 'audio_features': audio[:, None, None]}


@pytest.fixture
def config(data_root):
    init_default_scope('mmavl')
    return {
        'type': 'AVDataset',
        'data_root': str(data_root),
        'ann_file': 'toy.json',
        'frame': 'first',
        'pipeline': PIPELINE,
    }


def make(config, **options):
    dataset = ViewDataset(config, FLIPPED, **options)
    dataset.full_init()
    return dataset


def lists(tmp_path, **kinds):
    """Files of neighbours by kind."""
    paths = {}
    for kind, content in kinds.items():
        paths[kind] = str(tmp_path / f'{kind}.json')
        (tmp_path / f'{kind}.json').write_text(json.dumps(content))
    return paths


def ring(step):
    return {f'clip{i}': [f'clip{(i + step) % 4}'] for i in range(4)}


def test_the_second_view_is_the_same_clip_by_the_other_pipeline(config, data_root):
    image = np.zeros((32, 64, 3), np.uint8)
    image[:, :10] = 200
    Image.fromarray(image).save(data_root / 'clip2.png')
    own, augmented = make(config)[2]
    assert torch.equal(own['inputs']['image'].flip(2), augmented['inputs']['image'])
    assert not torch.equal(own['inputs']['image'], augmented['inputs']['image'])
    assert [v['data_samples'].view for v in (own, augmented)] == [0, 1]
    assert {v['data_samples'].clip_id for v in (own, augmented)} == {'clip2'}


def test_the_third_view_has_the_picture_of_one_neighbour_and_the_sound_of_another(
    config, tmp_path, data_root
):
    dataset = make(config, neighbours=lists(tmp_path, image=ring(1), audio=ring(2)))
    third = dataset[0][2]
    assert third['inputs']['image'].unique().item() == 20  # of clip 1
    assert third['data_samples'].clip_id == 'clip1'
    assert third['data_samples'].audio_clip_id == 'clip2'
    assert {*third['inputs']} == {'image', 'waveform'}


def test_neighbours_are_found_by_cached_features(config):
    dataset = make(config, neighbours=1)
    for part in av_datasets(dataset):
        part.features = Features()
    assert dataset.neighbour_lists() == {
        'image': [[1], [0], [3], [2]],
        'audio': [[2], [3], [0], [1]],
    }
    third = dataset[0][2]
    assert (third['data_samples'].clip_id, third['data_samples'].audio_clip_id) == (
        'clip1',
        'clip2',
    )
    assert third['inputs']['image_features'].flatten().tolist() == [1, 0]
    assert third['inputs']['audio_features'].flatten().tolist() == [1, 0]


def test_without_cached_features_there_are_no_neighbours_by_them(config):
    with pytest.raises(ConfigError, match=r'neighbours=3 needs cached features.*toy.json'):
        make(config, neighbours=3)[0]


def test_in_place_of_a_neighbour_that_cannot_be_read_there_is_the_clip(
    config, tmp_path, data_root
):
    (data_root / 'clip1.png').write_bytes(b'broken')
    config = {**config, 'max_bad_share': 0.5}
    dataset = make(config, neighbours=lists(tmp_path, image=ring(1), audio=ring(2)))
    third = dataset[0][2]['data_samples']
    assert (third.clip_id, third.audio_clip_id) == ('clip0', 'clip2')


def test_views_of_a_clip_that_replaces_a_broken_one_are_of_one_clip(config, data_root):
    (data_root / 'clip1.png').write_bytes(b'broken')
    own, augmented = make({**config, 'max_bad_share': 0.5})[1]
    assert own['data_samples'].clip_id == augmented['data_samples'].clip_id != 'clip1'


def test_a_batch_holds_one_view_after_the_other(config):
    dataset = make(config)
    batch = dataset.collate([dataset[0], dataset[3]])
    clips = [(s.clip_id, s.view) for s in batch['data_samples']]
    assert clips == [('clip0', 0), ('clip3', 0), ('clip0', 1), ('clip3', 1)]
    assert len(batch['inputs']['image']) == 4


@pytest.mark.parametrize('wrapper', [None, 'RepeatDataset', 'ConcatDataset'])
def test_a_loader_makes_batches_of_views_without_being_told(config, wrapper):
    views = {'type': 'ViewDataset', 'dataset': config, 'augmented': FLIPPED}
    wrapped = {
        None: views,
        'RepeatDataset': {'type': 'RepeatDataset', 'dataset': views, 'times': 2},
        'ConcatDataset': {'type': 'ConcatDataset', 'datasets': [views]},
    }
    loader = {
        'batch_size': 2,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'dataset': wrapped[wrapper],
    }
    batch = next(iter(AVRunner.build_dataloader(loader)))
    assert [s.view for s in batch['data_samples']] == [0, 0, 1, 1]


def test_another_collate_function_is_refused(config):
    loader = {
        'batch_size': 2,
        'sampler': {'type': 'DefaultSampler'},
        'collate_fn': {'type': 'pseudo_collate'},
        'dataset': {'type': 'ViewDataset', 'dataset': config, 'augmented': FLIPPED},
    }
    with pytest.raises(ValueError, match=r'ViewDataset.collate makes its batches: remove coll'):
        AVRunner.build_dataloader(loader)


@pytest.mark.parametrize('value', [0, {'image': 'x.json'}, 'x.json'])
def test_neighbours_of_another_kind_are_refused(config, value):
    with pytest.raises(ConfigError, match='must be a number of at least 1'):
        make(config, neighbours=value)


def test_a_list_without_a_clip_of_the_split_is_refused_before_training(config, tmp_path):
    short = {name: near for name, near in ring(1).items() if name != 'clip3'}
    with pytest.raises(DataError, match=r"audio.json: 1 of 4 clips have no neighbours.*'clip3'"):
        make(config, neighbours=lists(tmp_path, image=ring(1), audio=short))
