import numpy as np
import pytest

from mmavl.datasets.transforms import RandomFlip


@pytest.fixture
def results():
    """An object that fills the left quarter of a 4 x 8 frame."""
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, :2] = 255
    return {'image': image, 'boxes': np.array([[0, 0.25, 0.25, 0.5]], np.float32)}


def test_the_box_goes_where_its_object_goes(results):
    before = results['boxes'].copy()
    flipped = RandomFlip(prob=1)(dict(results))
    assert flipped['image'][:, 6:].min() == 255
    assert flipped['image'][:, :6].max() == 0
    assert flipped['boxes'].tolist() == [[0.75, 0.25, 0.25, 0.5]]
    assert np.array_equal(results['boxes'], before)


def test_flipping_twice_gives_the_first_back(results):
    twice = RandomFlip(prob=1)(RandomFlip(prob=1)(dict(results)))
    assert np.array_equal(twice['image'], results['image'])
    assert np.allclose(twice['boxes'], results['boxes'])


def test_the_consensus_map_goes_along_and_replaces_the_annotators_boxes(results):
    results['gt_map'] = np.array([[0, 0.5, 1.0]], np.float32)
    results['annotators'] = [[1, 1, 9, 9]]
    flipped = RandomFlip(prob=1)(dict(results))
    assert flipped['gt_map'].tolist() == [[1.0, 0.5, 0.0]]
    assert 'annotators' not in flipped


def test_it_happens_as_often_as_asked(results):
    def flipped(prob):
        flip = RandomFlip(prob)
        return sum(flip(dict(results))['boxes'][0, 0] > 0.5 for _ in range(400))

    assert flipped(0) == 0
    assert 60 < flipped(0.25) < 140


def test_boxes_stay_where_the_image_is_cached_features():
    results = {'image_features': 1, 'boxes': np.array([[0.0, 0, 0.5, 0.5]])}
    assert RandomFlip(prob=1)(dict(results)) == results


def test_no_boxes_are_no_problem():
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert RandomFlip(prob=1)({'image': image})['image'].tolist() == [[[3, 4, 5], [0, 1, 2]]]
