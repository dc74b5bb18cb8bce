import numpy as np
import pytest

from mmavl.datasets.transforms import RandomCrop
from mmavl.errors import ConfigError


@pytest.fixture
def results():
    """An object from (2, 1) to (6, 3) in a frame 8 px wide and 4 px high."""
    image = np.zeros((4, 8, 3), np.uint8)
    image[1:3, 2:6] = 255
    return {
        'image': image,
        'boxes': np.array([[0.25, 0.25, 0.5, 0.5], [0, 0, 0.01, 0.01]], np.float32),
        'gt_map': (image[..., 0] / 255).astype(np.float32),
        'annotators': [[1, 1, 9, 9]],
    }


def test_boxes_and_map_go_where_their_object_goes(results):
    for _ in range(20):
        cropped = RandomCrop((2, 4))(dict(results))
        assert cropped['image'].shape == (2, 4, 3)
        mask = np.zeros((2, 4), bool)
        x, y, w, h = cropped['boxes'][0] * [4, 2, 4, 2]
        mask[round(y) : round(y + h), round(x) : round(x + w)] = True
        assert np.array_equal(cropped['image'][..., 0] > 0, mask)
        assert cropped['gt_map'].shape == (4, 8)
        assert np.array_equal(cropped['gt_map'][::2, ::2] > 0, mask)
        assert 'annotators' not in cropped
        assert cropped['boxes'].dtype == np.float32


def test_a_box_outside_the_part_has_no_area(results):
    areas = {RandomCrop((1, 1))(dict(results))['boxes'][1, 2:].prod() > 0 for _ in range(60)}
    assert False in areas


def test_a_crop_as_large_as_the_frame_changes_nothing(results):
    whole = RandomCrop((4, 8))(dict(results))
    assert np.array_equal(whole['image'], results['image'])
    np.testing.assert_allclose(whole['boxes'], results['boxes'], atol=1e-6)


def test_a_frame_smaller_than_the_crop_is_refused(results):
    with pytest.raises(ConfigError, match='of 5 x 4 px is larger than a frame of 4 x 8 px'):
        RandomCrop((5, 4))(results)


def test_cached_features_stay_as_they_are():
    assert RandomCrop((1, 1))({'image_features': 1}) == {'image_features': 1}
