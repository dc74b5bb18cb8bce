import numpy as np
import pytest
import torch

from mmavl.datasets.transforms import PackAVInputs
from mmavl.structures import AVDataSample


@pytest.fixture
def results():
    return {
        'clip_id': 'a3f',
        'sample_idx': 7,
        'frame_index': 2,
        'img_path': 'a3f/0002.jpg',
        'audio_path': 'a3f.wav',
        'sample_rate': 22050,
        'ori_shape': (480, 640),
        'image': np.arange(100 * 200 * 3, dtype=np.uint32).astype(np.uint8).reshape(100, 200, 3),
        'waveform': np.array([0.5, -0.5], np.float32),
        'tags': np.array([1, 0, 0.25], np.float32),
        'boxes': np.array([[0.25, 0.5, 0.5, 0.25], [0, 0, 1, 1]], np.float32),
        'box_labels': np.array([0, 2]),
        'box_families': np.array([1, -1]),
        'box_sounding': np.array([True, False]),
        'box_names': ['Cello', 'Piano'],
    }


def test_image_and_waveform_become_tensors(results):
    inputs = PackAVInputs()(results)['inputs']
    assert set(inputs) == {'image', 'waveform'}
    assert inputs['image'].dtype == torch.uint8
    assert inputs['image'].shape == (3, 100, 200)
    assert inputs['image'][:, 0, 1].tolist() == [3, 4, 5]
    assert inputs['waveform'].tolist() == [0.5, -0.5]


def test_boxes_become_corners_in_input_pixels(results):
    boxes = PackAVInputs(input_shape=(7, 7))(results)['data_samples'].gt_instances
    assert boxes.bboxes.tolist() == [[50, 50, 150, 75], [0, 0, 200, 100]]
    assert boxes.labels.tolist() == [0, 2]
    assert boxes.families.tolist() == [1, -1]
    assert boxes.sounding.tolist() == [True, False]
    assert boxes.names == ['Cello', 'Piano']


def test_tags_and_meta_come_along(results):
    sample = PackAVInputs()(results)['data_samples']
    assert isinstance(sample, AVDataSample)
    assert sample.gt_tags.tolist() == [1, 0, 0.25]
    assert (sample.clip_id, sample.sample_idx, sample.frame_index) == ('a3f', 7, 2)
    assert (sample.img_path, sample.audio_path) == ('a3f/0002.jpg', 'a3f.wav')
    assert (sample.ori_shape, sample.input_shape) == ((480, 640), (100, 200))
    assert sample.sample_rate == 22050
    assert 'gt_visual_tags' not in sample


def test_visual_tags_come_along_where_they_differ(results):
    results['visual_tags'] = np.array([0, 1, 0], np.float32)
    assert PackAVInputs()(results)['data_samples'].gt_visual_tags.tolist() == [0, 1, 0]


def test_cached_features_are_packed_and_boxes_take_the_shape_given(results, tmp_path):
    del results['image'], results['waveform'], results['ori_shape']
    np.save(tmp_path / 'x.npy', np.full((2, 3), 1.5, np.float16))
    results['image_features'] = np.load(tmp_path / 'x.npy', mmap_mode='r')
    packed = PackAVInputs(input_shape=(40, 80))(results)
    assert set(packed['inputs']) == {'image_features'}
    assert packed['inputs']['image_features'].tolist() == [[1.5] * 3] * 2
    sample = packed['data_samples']
    assert sample.gt_instances.bboxes[0].tolist() == [20, 20, 60, 30]
    assert sample.input_shape == (40, 80)


def test_a_frame_without_boxes_has_no_instances(results):
    results['boxes'] = np.zeros((0, 4), np.float32)
    for key in ('box_labels', 'box_families', 'box_sounding', 'box_names'):
        results[key] = results[key][:0]
    boxes = PackAVInputs()(results)['data_samples'].gt_instances
    assert len(boxes) == 0
    assert boxes.bboxes.shape == (0, 4)
    assert boxes.labels.dtype == torch.int64


def test_a_clip_that_nothing_is_known_of_packs_what_there_is():
    packed = PackAVInputs()({'waveform': np.zeros(3, np.float32)})
    assert set(packed['inputs']) == {'waveform'}
    assert packed['data_samples'].keys() == []
