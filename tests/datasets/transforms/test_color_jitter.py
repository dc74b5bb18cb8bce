import numpy as np
import pytest

from mmavl.datasets.transforms import ColorJitter


def jittered(image, **kwargs):
    options = {'brightness': 0, 'contrast': 0, 'saturation': 0, 'hue': 0, **kwargs}
    return ColorJitter(**options)({'image': image})['image']


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(60, 120, (16, 16, 3), np.uint8)


def test_nothing_asked_for_changes_nothing(image):
    assert np.array_equal(jittered(image), image)


def test_brightness_scales_all_channels_within_its_range(image):
    means = [jittered(image, brightness=0.5).mean() / image.mean() for _ in range(60)]
    assert 0.49 <= min(means) < 0.7
    assert 1.3 < max(means) <= 1.51


def test_saturation_leaves_grey_pictures_alone():
    grey = np.full((8, 8, 3), 77, np.uint8)
    assert np.array_equal(jittered(grey, saturation=0.9), grey)


def test_hue_turns_red_into_another_colour():
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    colours = {tuple(jittered(red, hue=0.5)[0, 0].tolist()) for _ in range(30)}
    assert any(colour[0] < 100 for colour in colours)


def test_the_original_is_untouched_and_the_result_is_uint8(image):
    before = image.copy()
    result = jittered(image, brightness=0.5, contrast=0.5)
    assert result.dtype == np.uint8
    assert np.array_equal(image, before)


def test_without_an_image_nothing_happens():
    assert ColorJitter()({'waveform': 1}) == {'waveform': 1}
