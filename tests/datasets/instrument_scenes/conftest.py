"""Small made-up banks, and the real packages where the cache holds them."""

from functools import partial

import numpy as np
import pytest

from mmavl.datasets.instrument_scenes.classes import CLASSES
from mmavl.datasets.instrument_scenes.packages import DEBIAN, NPM
from mmavl.datasets.instrument_scenes.pictures import Picture, PictureBank
from mmavl.datasets.instrument_scenes.sounds import SoundBank
from mmavl.datasets.instrument_scenes.sources import Materials, _extracted
from mmavl.datasets.instrument_scenes.waves import SAMPLE_RATE
from mmavl.utils.cache import cache_dir


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
    """A `load` of two discs and one tone for each class on two grey backgrounds."""
    cutouts = {
        label: [Picture(f'{label}{n}', partial(disc, (20 * n, 10 * i, 255))) for n in range(2)]
        for i, label in enumerate(CLASSES)
    }
    backgrounds = [
        Picture(f'grey{n}', partial(np.full, (300, 400, 3), n, np.uint8)) for n in (90, 160)
    ]
    sounds = SoundBank({label: {'tone': [tone]} for label in CLASSES})
    return lambda materials, split: (PictureBank(cutouts, backgrounds), sounds)


@pytest.fixture(scope='session')
def materials():
    """The real packages. Nothing is downloaded for a test."""
    folder = cache_dir() / 'instrument_scenes'
    found = Materials({}, {})
    for package in (*DEBIAN, *NPM):
        path = _extracted(package, folder)
        if path is None:
            pytest.skip(f'{package.name} is not in {folder}; building the scenes brings it there')
        found.add(package, path)
    return found
