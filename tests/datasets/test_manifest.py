import errno
import json
import os

import pytest

from mmavl.datasets.manifest import (
    check_manifest,
    describe,
    read_manifest,
    write_manifest,
)
from mmavl.datasets.manifest_checks import Problem
from mmavl.errors import DataError


def test_what_is_written_is_read_with_its_format_version(tmp_path, manifest):
    write_manifest(tmp_path / 'x.json', manifest)
    read = read_manifest(tmp_path / 'x.json')
    assert read['data_list'] == manifest['data_list']
    assert read['metainfo'] == {**manifest['metainfo'], 'format_version': 1}
    assert os.listdir(tmp_path) == ['x.json']


def test_a_missing_manifest_names_the_way_out(tmp_path):
    with pytest.raises(DataError, match=r'gone.json is missing: check data_root and ann_file'):
        read_manifest(tmp_path / 'gone.json')


@pytest.mark.parametrize('text', ['{"metainfo": {', '', '\x00\x01'])
def test_broken_json_is_named(tmp_path, text):
    (tmp_path / 'x.json').write_text(text)
    with pytest.raises(DataError, match=r'x.json is not valid JSON \(.*line 1 column'):
        read_manifest(tmp_path / 'x.json')


def test_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / 'x.json').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(DataError, match=r'x.json is not valid JSON'):
        read_manifest(tmp_path / 'x.json')


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        ([], "'metainfo' and 'data_list'"),
        ({'metainfo': {}}, "'metainfo' and 'data_list'"),
        ({'metainfo': {}, 'data_list': {}}, "a list 'data_list'"),
        ({'metainfo': {}, 'data_list': []}, "distinct names as metainfo 'classes', not None"),
        ({'metainfo': {'classes': ['a', 'a']}, 'data_list': []}, r"not \['a', 'a'\]"),
        ({'metainfo': {'classes': ['a']}, 'data_list': [{'clip_id': 3}]}, "'clip_id'.*entry 0"),
        (
            {'metainfo': {'classes': ['a'], 'groups': {'g': ['b']}}, 'data_list': []},
            r"group 'g': \['b'\]",
        ),
        ({'metainfo': {'classes': ['a'], 'groups': {'g': []}}, 'data_list': []}, "group 'g'"),
        (
            {'metainfo': {'classes': ['a'], 'groups': ['g']}, 'data_list': []},
            "a dict as metainfo 'groups'",
        ),
    ],
)
def test_json_that_is_no_manifest_is_named(tmp_path, content, reason):
    (tmp_path / 'x.json').write_text(json.dumps(content))
    with pytest.raises(DataError, match=f'x.json.*{reason}'):
        read_manifest(tmp_path / 'x.json')


def test_a_good_manifest_has_no_problems(data_root, manifest):
    assert check_manifest(manifest, data_root) == {}


def test_a_clip_id_used_twice_is_named_where_it_is_used_again(manifest):
    manifest['data_list'][2]['clip_id'] = 'clip0'
    lines = list(describe(manifest, check_manifest(manifest)))
    assert lines == ["clip 'clip0': duplicate: same clip id as entry 0"]


def test_media_are_looked_at_only_where_a_root_is_given(data_root, manifest):
    (data_root / 'clip3.wav').unlink()
    assert check_manifest(manifest) == {}
    assert [p.kind for p in check_manifest(manifest, data_root)[3]] == ['missing']


def test_workers_find_what_one_process_finds(data_root, manifest):
    (data_root / 'clip1.wav').unlink()
    (data_root / 'clip2.png').write_text('no image')
    alone = check_manifest(manifest, data_root)
    assert list(alone) == [1, 2]
    assert check_manifest(manifest, data_root, workers=2) == alone


def test_a_manifest_with_problems_is_not_written(tmp_path, manifest):
    manifest['data_list'][1]['tags'] = ['Kazoo']
    with pytest.raises(DataError, match=r"x.json .*5 problems:\s+clip 'clip1': unknown class: '"):
        write_manifest(tmp_path / 'x.json', manifest)
    assert os.listdir(tmp_path) == []


def test_what_is_left_out_is_said_in_a_sidecar_file(tmp_path, data_root, manifest):
    (data_root / 'clip1.wav').unlink()
    path = tmp_path / 'x.json'
    left_out = write_manifest(path, manifest, data_root, leave_out_bad=True)
    assert [e['clip_id'] for e in read_manifest(path)['data_list']] == ['clip0', 'clip2', 'clip3']
    assert [item['clip_id'] for item in left_out] == ['clip1']
    assert 'clip1.wav is missing' in left_out[0]['problems'][0]
    assert json.loads((tmp_path / 'x.left_out.json').read_text()) == left_out


def test_an_old_sidecar_goes_when_nothing_is_left_out(tmp_path, manifest):
    (tmp_path / 'x.left_out.json').write_text('[]')
    write_manifest(tmp_path / 'x.json', manifest)
    assert os.listdir(tmp_path) == ['x.json']


def test_a_full_disk_leaves_the_old_manifest(tmp_path, manifest, monkeypatch):
    write_manifest(tmp_path / 'x.json', manifest)
    before = (tmp_path / 'x.json').read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    manifest['data_list'].pop()
    with pytest.raises(OSError, match='No space left on device'):
        write_manifest(tmp_path / 'x.json', manifest)
    assert (tmp_path / 'x.json').read_bytes() == before
    assert os.listdir(tmp_path) == ['x.json']


def test_problems_found_before_are_counted_with_the_others(tmp_path, manifest):
    manifest['data_list'][1]['tags'] = ['Kazoo']
    found = {
        1: [Problem('unreadable', 'x.png is torn')],
        2: [Problem('silent', 'x.wav is silent')],
    }
    left_out = write_manifest(
        tmp_path / 'x.json', manifest, leave_out_bad=True, known_problems=found
    )
    assert [item['clip_id'] for item in left_out] == ['clip1', 'clip2']
    assert left_out[0]['problems'][-1] == 'x.png is torn'
    assert left_out[1]['problems'] == ['x.wav is silent']
    with pytest.raises(DataError, match='7 problems'):
        write_manifest(tmp_path / 'x.json', manifest, known_problems=found)
