import json
import os

import pytest
import soundfile

from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.errors import DataError
from mmavl.preparation.converters.folder import Folder
from mmavl.preparation.converters.jobs import Place

from .conftest import brightness, write_video


def entries(out, split):
    return {entry['clip_id']: entry for entry in read_manifest(out / f'{split}.json')['data_list']}


def test_sub_folders_are_classes_and_long_videos_become_windows(media, tmp_path):
    write_video(media / 'cello/Ein Stück.mp4', 7)
    write_video(media / 'cello+flute/b.mp4', 2.5)
    out = tmp_path / 'out'
    Folder(Place(out, media), seconds=3).convert()
    train = read_manifest(out / 'train.json')
    assert train['metainfo']['classes'] == ['cello', 'flute']
    assert check_manifest(train, out) == {}
    found = entries(out, 'train')
    names = 'cello/Ein Stück_mp4_00000.0', 'cello/Ein Stück_mp4_00003.0', 'cello+flute/b_mp4'
    assert sorted(found) == sorted(names)
    assert found[names[2]]['tags'] == ['cello', 'flute']
    second = found[names[1]]
    assert second['tags'] == ['cello']
    assert soundfile.info(out / second['audio']).duration == pytest.approx(3, abs=0.01)
    assert brightness(out / second['frames'][0]) == pytest.approx(10 + 17 * 4, abs=4)  # at 4.5 s


def test_one_video_in_ten_of_a_class_validates_and_tests_with_all_its_windows(media, tmp_path):
    for number in range(3):
        write_video(media / f'cello/{number}.mp4', 5)
    out = tmp_path / 'out'
    report = Folder(Place(out, media), seconds=2).convert()
    assert report.usable == {'train': 2, 'val': 2, 'test': 2}
    videos = {
        split: {name.rpartition('_')[0] for name in entries(out, split)}
        for split in ('train', 'val', 'test')
    }
    assert all(len(names) == 1 for names in videos.values())
    assert len(set.union(*videos.values())) == 3
    again = {split: (out / f'{split}.json').read_text() for split in videos}
    Folder(Place(out, media), seconds=2).convert()
    assert again == {split: (out / f'{split}.json').read_text() for split in videos}


def test_a_table_gives_the_tags(media, tmp_path):
    write_video(media / 'a.mp4', 3)
    write_video(media / 'deep/down/b.mp4', 3)
    table = tmp_path / 'tags.csv'
    table.write_text('file,tags\na.mp4,dog\ndeep/down/b.mp4,dog; cat\n')
    out = tmp_path / 'out'
    Folder(Place(out, media), table, 3).convert()
    assert {k: v['tags'] for k, v in entries(out, 'train').items()} == {
        'a_mp4': ['dog'],
        'deep/down/b_mp4': ['dog', 'cat'],
    }


def findings(report):
    return {(f.clip_id, f.cause) for f in report.findings}


def test_a_stray_row_and_an_untagged_video_are_named_and_the_others_are_converted(media, tmp_path):
    for name in ('a', 'b'):
        write_video(media / f'{name}.mp4', 3)
    table, out = media / 'tags.csv', tmp_path / 'out'
    table.write_text('a.mp4,dog\nc.mp4,dog\n')
    report = Folder(Place(out, media), table, 3).convert()
    assert list(entries(out, 'train')) == ['a_mp4']
    assert findings(report) == {('b.mp4', 'no tags'), ('c.mp4', 'not found')}
    table.write_text('c.mp4,dog\n')
    with pytest.raises(
        DataError, match=r'2 of 2 videos have no tags, e\.g\. a\.mp4: not in .*tags\.csv'
    ):
        Folder(Place(out, media), table, 3).convert()


def test_linked_folders_are_looked_into_and_loops_end(media, tmp_path):
    write_video(tmp_path / 'disk/dog/x.mp4', 3)
    (media / 'dog').symlink_to(tmp_path / 'disk/dog')
    (tmp_path / 'disk/dog/again').symlink_to(media)
    out = tmp_path / 'out'
    Folder(Place(out, media), seconds=3).convert()
    assert list(entries(out, 'train')) == ['dog/x_mp4']


def test_hidden_files_do_not_count_and_others_that_are_no_videos_are_named(media, tmp_path):
    write_video(media / 'dog/x.mp4', 3)
    (media / 'dog/x.mp4').rename(media / 'dog/x.MTS')
    for name in ('._x.MTS', '.DS_Store'):
        (media / 'dog' / name).write_bytes(b'\0\5\26\7Mac OS X')
    for name in ('notes.txt', 'song.mp3', 'noise'):
        (media / 'dog' / name).touch()
    (media / 'dog/gone.mp4').symlink_to('nowhere.mp4')
    os.mkfifo(media / 'dog/pipe.mp4')
    out = tmp_path / 'out'
    report = Folder(Place(out, media), seconds=3).convert()
    assert list(entries(out, 'train')) == ['dog/x_MTS']
    names = 'notes.txt', 'song.mp3', 'noise', 'gone.mp4', 'pipe.mp4'
    assert findings(report) == {(f'dog/{name}', 'passed over') for name in names}


def test_videos_whose_names_differ_in_a_dot_alone_do_not_share_clips(media, tmp_path):
    write_video(media / 'dog/a.b.mp4', 3)
    write_video(media / 'dog/a_b.mp4', 3)
    out = tmp_path / 'out'
    Folder(Place(out, media), seconds=3).convert()
    assert len({entry['audio'] for entry in entries(out, 'train').values()}) == 2


@pytest.mark.parametrize(
    'name',
    [
        b'caf\xe9.mp4',
        b'a\nb.mp4',
        'a\u2028b.mp4'.encode(),
        b'x' * 251 + b'.mp4',
        b'a:b.mp4',
        b'a\\b.mp4',
    ],
)
def test_a_name_of_any_bytes_becomes_one_that_every_reader_takes(media, tmp_path, name):
    write_video(media / 'dog/a.mp4', 3)
    path = os.path.join(os.fsencode(media / 'dog'), name)
    os.rename(media / 'dog/a.mp4', path)
    out = tmp_path / 'out'
    report = Folder(Place(out, media), seconds=3).convert()
    report.write(out / 'report.json')
    for entry in entries(out, 'train').values():
        assert entry['clip_id'].isprintable()
        assert (out / entry['audio']).is_file()
        assert (out / entry['frames'][0]).is_file()
    for finding in json.loads((out / 'report.json').read_text())['findings']:
        assert os.fsencode(finding['detail']).startswith(path)
    assert len(report.findings) + sum(report.usable.values()) == 1


def test_class_folders_of_any_bytes_are_classes(media, tmp_path):
    write_video(media / 'dog/a.mp4', 3)
    os.rename(media / 'dog', os.path.join(os.fsencode(media), b'caf\xe9'))
    out = tmp_path / 'out'
    Folder(Place(out, media), seconds=3).convert()
    manifest = read_manifest(out / 'train.json')
    assert manifest['metainfo']['classes'] == [os.fsdecode(b'caf\xe9')]
    assert check_manifest(manifest, out) == {}


def test_what_cannot_be_used_is_named_and_the_rest_is_kept(media, tmp_path):
    write_video(media / 'cello/good.mp4', 3)
    write_video(media / 'cello/mute.mp4', 3, sound=False)
    (media / 'cello/broken.mp4').write_bytes(b'no video')
    report = Folder(Place(tmp_path / 'out', media)).convert()
    assert report.usable['train'] + report.usable['val'] + report.usable['test'] == 1
    causes = {finding.clip_id: finding.cause for finding in report.findings if not finding.kept}
    assert causes == {'clips/cello/mute_mp4': 'no audio', 'clips/cello/broken_mp4': 'broken'}


def test_a_folder_without_videos_or_tags_is_refused(media, tmp_path):
    place = Place(tmp_path / 'out', media)
    with pytest.raises(DataError, match='contains no videos'):
        Folder(place).convert()
    write_video(media / 'a.mp4', 2)
    with pytest.raises(DataError, match=r'e\.g\. a\.mp4: not in a sub-folder'):
        Folder(place).convert()
    with pytest.raises(DataError, match='is not a folder'):
        Folder(Place(tmp_path / 'out', tmp_path / 'nowhere')).convert()
