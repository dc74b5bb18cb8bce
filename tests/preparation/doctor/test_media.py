import os
from pathlib import Path

import pytest

from mmavl.preparation.doctor.annotation import Annotation
from mmavl.preparation.doctor.media import check_copies, check_entries


@pytest.fixture
def annotation(tmp_path):
    """Four clips with sounds: two copies, one of the same size, and one of another."""
    contents = {'a': b'sound', 'b': b'sound', 'c': b'other', 'd': b'longer sound'}
    for name, content in contents.items():
        (tmp_path / f'{name}.wav').write_bytes(content)
    entries = [{'clip_id': f'clip {n}', 'audio': f'{n}.wav'} for n in contents]
    manifest = {'metainfo': {'classes': ['x']}, 'data_list': entries}
    return Annotation(Path('train.json'), 'manifest', manifest=manifest)


def test_only_files_with_the_same_content_are_copies(annotation, tmp_path):
    (finding,) = check_copies(annotation, tmp_path)
    assert (finding.path, finding.kind, finding.count, finding.of) == (
        'train.json', 'same media', 2, 4,
    )  # fmt: skip
    assert "'clip a = clip b'" in finding.message
    assert 'the sound of another clip' in finding.message


def test_a_link_to_one_file_and_a_missing_one_are_no_copies(annotation, tmp_path):
    (tmp_path / 'b.wav').unlink()
    (tmp_path / 'c.wav').unlink()
    os.symlink(tmp_path / 'a.wav', tmp_path / 'b.wav')
    assert list(check_copies(annotation, tmp_path)) == []


def test_a_picture_counts_where_it_is_a_clips_only_one(annotation, tmp_path):
    entries = annotation.manifest['data_list']
    for name in ('1.png', '2.png', '3.png'):
        (tmp_path / name).write_bytes(b'picture')
    entries[0]['frames'], entries[1]['frames'] = ['1.png'], ['2.png']
    entries[2]['frames'] = ['3.png', '3.png']
    (tmp_path / 'b.wav').write_bytes(b'another')
    (finding,) = check_copies(annotation, tmp_path)
    assert finding.count == 2
    assert 'the picture of another clip' in finding.message


def test_problems_of_entries_are_counted_by_kind_with_the_first_as_an_example(annotation):
    entries = annotation.manifest['data_list']
    for entry in entries:
        entry.update(frames=['1.png'], fps=1, duration=1.0, tags=['x'])
    entries[1]['tags'] = entries[3]['tags'] = ['y']
    (finding,) = check_entries(annotation, None, 1)
    assert (finding.count, finding.of) == (2, 4)
    assert finding.message.startswith("2 clips, e.g. 'clip b': ")
    assert 'y' in finding.message
