import numpy as np
import pytest

from mmavl.datasets.transforms import ResizeShorterSide


@pytest.mark.parametrize(
    ('shape', 'expected'),
    [
        ((480, 640), (90, 120)),
        ((1920, 1080), (160, 90)),
        ((10, 20), (90, 180)),
        ((90, 90), (90, 90)),
    ],
)
def test_the_aspect_ratio_is_kept(shape, expected):
    results = ResizeShorterSide(90)({'image': np.zeros((*shape, 3), np.uint8)})
    assert results['image'].shape == (*expected, 3)


def test_a_long_strip_is_squeezed():
    results = ResizeShorterSide(10, max_ratio=4.0)({'image': np.zeros((2, 600, 3), np.uint8)})
    assert results['image'].shape == (10, 40, 3)


def test_what_is_left_and_right_stays_there():
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, 60:] = 255
    resized = ResizeShorterSide(20)({'image': image})['image']
    assert resized[:, :29].max() == 0
    assert resized[:, 31:].min() == 255


def test_cached_features_have_no_image():
    assert ResizeShorterSide(20)({'image_features': 1}) == {'image_features': 1}
