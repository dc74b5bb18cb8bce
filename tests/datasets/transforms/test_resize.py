import numpy as np
import pytest

from mmavl.datasets.transforms import Resize


def test_the_size_is_height_then_width():
    image = np.zeros((20, 30, 3), np.uint8)
    assert Resize((8, 16))({'image': image})['image'].shape == (8, 16, 3)


def test_shrinking_averages_so_that_fine_patterns_do_not_alias():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::4] = 200
    shrunk = Resize((16, 16))({'image': stripes})['image']
    assert np.abs(shrunk.astype(int) - 50).max() <= 1


def test_a_narrow_picture_is_averaged_across_too():
    stripes = np.zeros((16, 64, 3), np.uint8)
    stripes[:, ::4] = 200
    shrunk = Resize((16, 16))({'image': stripes})['image']
    assert np.abs(shrunk.astype(int) - 50).max() <= 1


def test_enlarging_interpolates():
    image = np.array([[[0] * 3, [100] * 3]], np.uint8)
    row = Resize((1, 4))({'image': image})['image'][0, :, 0]
    assert row.tolist() == pytest.approx([0, 25, 75, 100], abs=1)


def test_normalised_boxes_stay_and_so_does_an_image_of_that_size():
    image = np.zeros((8, 8, 3), np.uint8)
    boxes = np.array([[0.1, 0.2, 0.3, 0.4]])
    results = Resize((8, 8))({'image': image, 'boxes': boxes})
    assert results['image'] is image
    assert results['boxes'] is boxes


def test_without_an_image_nothing_happens():
    assert Resize()({'waveform': 1}) == {'waveform': 1}
