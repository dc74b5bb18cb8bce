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


def test_a_frame_that_cannot_be_read_is_named_and_the_others_are_exported(
    run, tiny_manifest, capsys
):
    (tiny_manifest.parent / 'ü2.jpg').write_bytes(b'no image')
    run(tiny_manifest)
    content = json.loads(tiny_manifest.with_name('test_coco.json').read_text())
    assert 'ü2.jpg' not in {image['file_name'] for image in content['images']}
    assert len(content['images']) == 3
    left_out = json.loads(tiny_manifest.with_name('test_coco.left_out.json').read_text())
    assert list(left_out) == ['ü2.jpg']
    assert 'left out: 1 unreadable frames' in capsys.readouterr().out


def test_a_manifest_that_does_not_pass_ends_with_what_is_wrong(run, tiny_manifest):
    manifest = json.loads(tiny_manifest.read_text())
    manifest['data_list'][0]['boxes'] = {'7': []}
    tiny_manifest.write_text(json.dumps(manifest))
    with pytest.raises(SystemExit, match="boxes for frame '7'"):
        run(tiny_manifest)


def test_missing_frames_end_with_one_line(run, tiny_manifest, tmp_path):
    with pytest.raises(SystemExit, match=r'error: .*test\.json: .*clip_1\.jpg is missing'):
        run(tiny_manifest, '--data-root', tmp_path)
