import numpy as np

from mmavl.preparation.own_scenes.texture import texture


def test_a_texture_is_decided_by_its_seed():
    assert np.array_equal(texture(3), texture(3))
    assert not np.array_equal(texture(3), texture(4))


def test_textures_are_smooth_and_of_many_brightnesses():
    pictures = [texture(seed).astype(int) for seed in range(12)]
    for picture in pictures:
        assert picture.shape == (320, 426, 3)
        assert picture.std() > 6
        assert np.abs(np.diff(picture, axis=1)).mean() < 0.4 * picture.std()
    assert np.std([picture.mean() for picture in pictures]) > 10
