import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.preparation.doctor import examine

MUSIC = Path(__file__).parents[4] / 'shared/data/music'


@pytest.mark.skipif(not MUSIC.is_dir(), reason=f'the published boxes are not at {MUSIC}')
def test_music_boxes_read_as_corners_are_empty_as_often_as_published_code_loses_them():
    files = [MUSIC / f'music_{kind}_boxes.json' for kind in ('duet', 'solo')]
    result = examine(files, layout='xyxy')
    assert [(f.kind, f.count, f.of) for f in result.problems] == [
        ('box format', 1027, 2040),
        ('box format', 1647, 2124),
    ]
    rightly = examine(files)
    assert rightly.problems == []
    assert [(f.count, f.of) for f in rightly.findings] == [(1027, 2040), (1647, 2124)]


@pytest.fixture
def manifest(tmp_path):
    """Three clips with media; each sounds and looks its own way."""
    entries = []
    for number, clip in enumerate('abc'):
        wave = np.sin(np.arange(8000) * (0.1 + 0.1 * number))
        soundfile.write(tmp_path / f'{clip}.wav', wave, 8000)
        Image.new('RGB', (8, 8), (80 * number,) * 3).save(tmp_path / f'{clip}.png')
        entry = {'clip_id': clip, 'audio': f'{clip}.wav', 'frames': [f'{clip}.png'], 'fps': 1}
        entries.append({**entry, 'duration': 1.0, 'tags': ['x'], 'boxes': {}})
    return tmp_path / 'train.json', entries


def kinds(manifest, **options):
    path, entries = manifest
    path.write_text(json.dumps({'metainfo': {'classes': ['x']}, 'data_list': entries}))
    return {f.kind: (f.count, f.of) for f in examine([path], **options).problems}


def test_a_sound_manifest_has_no_findings(manifest):
    assert kinds(manifest) == {}


def test_missing_and_substituted_media_are_named(manifest):
    folder = manifest[0].parent
    (folder / 'c.png').unlink()
    shutil.copy(folder / 'a.wav', folder / 'b.wav')
    assert kinds(manifest) == {'missing media': (1, 3), 'same media': (2, 3)}
    assert kinds(manifest, media=False) == {}


def test_one_file_in_two_entries_is_meant_so(manifest):
    manifest[1][1]['audio'] = 'a.wav'
    assert kinds(manifest) == {}


def test_corners_in_a_manifest_are_named_as_such(manifest):
    for entry in manifest[1]:
        box = {'bbox': [0.5, 0.5, 0.9, 0.9], 'label': 'x', 'sounding': True}
        entry['boxes'] = {'0': [box]}
    found = kinds(manifest, media=False)
    assert found == {'box format': (3, 3), 'degenerate': (3, 3)}


def test_a_file_that_cannot_be_read_does_not_end_it(manifest, tmp_path):
    path, entries = manifest
    path.write_text(json.dumps({'metainfo': {'classes': ['x']}, 'data_list': entries}))
    (tmp_path / 'test.txt').write_text('a\nz\n')
    result = examine([tmp_path / 'none.json', path, tmp_path / 'test.txt'], media=False)
    assert [Path(name).name for name, _ in result.unusable] == ['none.json']
    assert [file['kind'] for file in result.files] == ['manifest', 'list']
    assert [(f.kind, f.count) for f in result.findings] == [('shared ids', 1)]
