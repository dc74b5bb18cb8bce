import cv2
import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.own_scenes.cutout import SIDE, cut_out, object_mask

from .making import disc, on_ground


def rgba(picture):
    if picture.shape[2] == 4:
        return cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA)


def overlap(mask, other):
    return (mask & other).sum() / (mask | other).sum()


def test_a_picture_with_alpha_is_trimmed_to_what_is_opaque():
    cutout = cut_out(rgba(disc((0, 0, 255))), 'a.png')
    assert cutout.shape == (81, 81, 4)
    assert cutout[40, 40].tolist() == [0, 0, 255, 255]
    assert cutout[0, 0, 3] == 0


def test_large_pictures_are_reduced():
    assert max(cut_out(rgba(disc((0, 0, 255), size=1500)), 'a.png').shape) == SIDE


@pytest.mark.parametrize('ground', [(225, 230, 235), (90, 140, 80), (40, 40, 45)])
@pytest.mark.parametrize('colour', [(30, 30, 220), (200, 120, 20)])
def test_an_object_is_cut_off_plain_ground_of_any_colour(ground, colour):
    original = disc(colour, size=240)
    mask = object_mask(on_ground(original, ground), 'a.jpg')
    assert overlap(mask, original[..., 3] > 0) > 0.97


def test_the_cut_out_has_no_seam_of_the_ground():
    cutout = cut_out(rgba(on_ground(disc((30, 30, 220), size=240))), 'a.jpg')
    visible = cutout[cutout[..., 3] > 128]
    assert visible[:, :2].max() < 110  # blue and green of the ground are above 200
    assert max(cutout.shape) == pytest.approx(160, abs=6)


def test_a_shadow_is_ground():
    original = disc((30, 30, 220), size=240)
    picture = on_ground(original).astype(float)
    shadow = cv2.GaussianBlur(np.roll(original[..., 3] / 255.0, (12, 12), (0, 1)), (0, 0), 8)
    dark = picture * (1 - 0.3 * shadow[..., None])
    picture = np.where(original[..., 3:] > 0, picture, dark).round().astype(np.uint8)
    assert overlap(object_mask(picture, 'a.jpg'), original[..., 3] > 0) > 0.95


def test_white_that_the_object_encloses_stays():
    original = disc((30, 30, 220), size=240)
    cv2.rectangle(original, (100, 100), (140, 140), (225, 230, 235, 255), cv2.FILLED)
    assert object_mask(on_ground(original), 'a.jpg')[120, 120]


def noise(rng):
    return cv2.GaussianBlur(rng.integers(0, 255, (200, 200, 3)).astype(np.uint8), (0, 0), 4)


def many(rng):
    picture = np.full((200, 200, 3), 230, np.uint8)
    for x in range(20, 200, 40):
        for y in range(20, 200, 40):
            cv2.circle(picture, (x, y), 10, (0, 0, 200), cv2.FILLED)
    return picture


@pytest.mark.parametrize(
    ('paint', 'said'),
    [
        (noise, 'has no plain background: .* of its border have other colours'),
        (many, 'shows 25 objects instead of one'),
        (lambda rng: np.full((200, 200, 3), 128, np.uint8), r'covers 0\.0 % of it'),
    ],
)
def test_what_does_not_stand_on_plain_ground_is_refused_with_the_way_out(paint, said):
    picture = paint(np.random.default_rng(0))
    with pytest.raises(DataError, match=rf'x\.jpg.* {said}.*save a PNG with alpha'):
        cut_out(rgba(picture), 'x.jpg')
