"""Small made-up banks."""

from functools import partial

import numpy as np
import pytest

from mmavl.scenes.banks import Banks, Picture, PictureBank, SoundBank
from mmavl.scenes.instruments.classes import CLASSES
from mmavl.scenes.waves import SAMPLE_RATE


def tone(rng, seconds):
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * rng.uniform(100, 1000) * time).astype(np.float32)


def disc(colour):
    y, x = np.mgrid[-1:1:60j, -1:1:90j]
    alpha = np.where(x**2 + y**2 < 1, 255, 0)
    picture = np.zeros((60, 90, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = alpha
    return picture


@pytest.fixture(scope='session')
def small_banks():
    """What loads a split: two discs and one tone for each class on two grey backgrounds."""
    cutouts = {
        label: [Picture(f'{label}{n}', partial(disc, (20 * n, 10 * i, 255))) for n in range(2)]
        for i, label in enumerate(CLASSES)
    }
    backgrounds = [
        Picture(f'grey{n}', partial(np.full, (300, 400, 3), n, np.uint8)) for n in (90, 160)
    ]
    sounds = SoundBank({label: {'tone': [tone]} for label in CLASSES})
    return lambda split: Banks(PictureBank(cutouts, backgrounds), sounds)
