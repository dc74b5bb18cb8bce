import errno
import json
import os

import numpy as np
import pytest
from PIL import Image

from mmavl.registry import VISBACKENDS


@pytest.fixture
def backend(tmp_path):
    return VISBACKENDS.build(dict(type='AtomicVisBackend', save_dir=str(tmp_path)))


def test_a_picture_keeps_its_colours_and_is_named_by_its_step(backend, tmp_path):
    image = np.zeros((4, 6, 3), np.uint8)
    image[..., 0] = 200
    backend.add_image('val_ü', image, step=3)
    read = np.asarray(Image.open(tmp_path / 'vis_image/val_ü_3.png'))
    np.testing.assert_array_equal(read, image)


def test_a_full_disk_is_an_error_that_names_the_picture_and_leaves_nothing(
    backend, tmp_path, monkeypatch
):
    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match=r"No space left on device: '.*vis_image/a_0\.png'"):
        backend.add_image('a', np.zeros((4, 6, 3), np.uint8))
    assert not list((tmp_path / 'vis_image').iterdir())


def test_scalars_are_written_as_mmengine_does(backend, tmp_path):
    backend.add_scalars({'loss': 0.5}, step=2)
    assert json.loads((tmp_path / 'scalars.json').read_text()) == {'loss': 0.5, 'step': 2}
