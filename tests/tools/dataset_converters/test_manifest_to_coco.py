import json
import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/manifest_to_coco.py'


@pytest.fixture
def run(monkeypatch):
    def call(*args):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
        runpy.run_path(str(TOOL), run_name='__main__')

    return call


def test_writes_beside_the_manifest_or_into_a_folder(run, tiny_manifest, tmp_path, capsys):
    run(tiny_manifest)
    run(tiny_manifest, '--out-dir', tmp_path / 'coco')
    beside = tiny_manifest.with_name('test_coco.json').read_text()
    assert beside == (tmp_path / 'coco/test_coco.json').read_text()
    content = json.loads(beside)
    assert content['images'][1]['file_name'] == 'ü2.jpg'
    assert content['annotations'][0]['bbox'] == [16.0, 16.0, 32.0, 32.0]
    assert 'test_coco.json: 4 images, 8 boxes' in capsys.readouterr().out


def test_missing_frames_end_with_one_line(run, tiny_manifest, tmp_path):
    with pytest.raises(SystemExit, match=r'error: .*test\.json: .*clip_1\.jpg is missing'):
        run(tiny_manifest, '--data-root', tmp_path)
