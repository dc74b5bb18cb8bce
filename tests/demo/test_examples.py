import os

import pytest

from mmavl.demo.examples import SCENES, find_scenes, list_examples
from mmavl.errors import DataError


def test_scenes_are_spread_over_the_manifest(tiny_manifest):
    found = list_examples(tiny_manifest, count=2)
    assert [os.path.basename(example.image) for example in found] == ['clip_1.jpg', '三.jpg']
    assert all(os.path.isfile(e.image) and os.path.isfile(e.audio) for e in found)
    assert found[0].caption == 'Violin'
    assert len(list_examples(tiny_manifest, count=9)) == 4


def test_scenes_are_found_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / SCENES).parent.mkdir(parents=True)
    (tmp_path / SCENES).touch()
    assert find_scenes() == tmp_path / SCENES


def test_a_missing_manifest_is_named():
    with pytest.raises(DataError, match=r'none\.json is missing'):
        list_examples('none.json')
