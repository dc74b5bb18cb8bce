import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.scenes.pixels import resize, shrink, trim


def test_trimming_keeps_exactly_the_opaque_box():
    picture = np.zeros((10, 12, 4), np.uint8)
    picture[2:5, 3:9, 3] = 255
    assert trim(picture, 'a').shape == (3, 6, 4)


@pytest.mark.parametrize('size', [(10, 10), (200, 200)])
def test_scaling_does_not_mix_in_the_colour_of_transparent_pixels(size):
    picture = np.zeros((40, 40, 4), np.uint8)  # black where transparent
    picture[:, 17:] = (255, 255, 255, 255)
    scaled = resize(picture, *size)
    assert scaled[scaled[..., 3] > 8][:, :3].min() > 245


def test_shrinking_bounds_a_side_and_never_enlarges():
    picture = np.zeros((100, 50, 3), np.uint8)
    assert shrink(picture, 20).shape == (20, 10, 3)
    assert shrink(picture, 20, short=True).shape == (40, 20, 3)
    assert shrink(picture, 200).shape == (100, 50, 3)


def test_a_wholly_transparent_picture_is_named():
    with pytest.raises(DataError, match=r'c\.png is fully transparent'):
        trim(np.zeros((4, 4, 4), np.uint8), 'c.png')
