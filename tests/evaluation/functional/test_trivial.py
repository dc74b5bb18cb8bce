import numpy as np
import pytest

from mmavl.evaluation.functional import centred_disc, whole_image


def test_the_whole_image_is_all_of_it():
    assert whole_image(224).sum().item() == 224 * 224


@pytest.mark.parametrize('size', [224, 256])
def test_the_disc_is_centred_and_has_half_of_the_area(size):
    disc = centred_disc(size)
    assert disc.float().mean().item() == pytest.approx(0.5, abs=1e-3)
    assert disc.equal(disc.flip(0))
    assert disc.equal(disc.T)


def test_the_disc_on_256_is_that_of_the_protocol():
    y, x = np.mgrid[:256, :256]
    expected = (x - 127.5) ** 2 + (y - 127.5) ** 2 <= 256**2 / (2 * np.pi)
    assert (centred_disc(256).numpy() == expected).all()
