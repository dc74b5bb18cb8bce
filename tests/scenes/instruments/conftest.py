"""The real packages, where the cache holds them."""

import pytest

from mmavl.scenes.instruments.packages import DEBIAN, NPM
from mmavl.scenes.instruments.sources import Materials, _extracted
from mmavl.utils.cache import cache_dir


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
