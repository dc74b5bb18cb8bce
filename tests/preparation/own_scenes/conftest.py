"""Folders of made pictures and recordings, and scenes of them."""

import pytest

from .making import FAMILIES, make_material, run


@pytest.fixture
def material(tmp_path):
    """Three classes; of each, two cut-outs, a photograph, two long recordings and a short one."""
    return make_material(tmp_path / 'material')


@pytest.fixture(scope='session')
def built(tmp_path_factory):
    """A small data set of such material; tests leave it as it is."""
    folder = tmp_path_factory.mktemp('built')
    material = make_material(folder / 'material')
    with pytest.MonkeyPatch.context() as patch:
        assert run(patch, material, folder / 'out', *FAMILIES) is None
    return folder / 'out'
