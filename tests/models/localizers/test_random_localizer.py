import torch

from mmavl.models.localizers import RandomLocalizer
from mmavl.structures import AVDataSample


def predict(seed, clip_id='a'):
    sample = AVDataSample(metainfo={'clip_id': clip_id}, gt_tags=torch.tensor([0.0, 1.0, 1.0]))
    RandomLocalizer(seed=seed)({}, [sample], 'predict')
    return sample


def test_maps_depend_on_the_clip_and_the_seed_only():
    first = predict(0)
    assert torch.equal(first.pred_maps.data, predict(0).pred_maps.data)
    assert not torch.equal(first.pred_maps.data, predict(1).pred_maps.data)
    other = predict(0, 'b')
    assert not torch.equal(first.pred_maps.data[0], other.pred_maps.data[0])


def test_every_given_class_gets_a_uniform_map():
    sample = predict(0)
    assert {1, 2} <= set(sample.map_labels.tolist())
    maps = sample.pred_maps.data
    assert maps.min() >= 0
    assert maps.max() <= 1
    assert abs(maps.mean() - 0.5) < 0.05


def test_without_classes_it_draws_one_map_of_the_whole_sound():
    sample = AVDataSample(metainfo={'clip_id': 'a'}, gt_tags=torch.zeros(0))
    RandomLocalizer()({}, [sample], 'predict')
    assert sample.map_labels.tolist() == [-1]
    assert sample.pred_maps.data.shape == (1, 16, 16)
    assert sample.pred_labels.tolist() == sample.pred_tags.tolist() == []
