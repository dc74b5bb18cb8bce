import pytest
import soundfile

from mmavl.datasets.converters.folder import Folder
from mmavl.datasets.converters.jobs import Place
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.errors import DataError

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
    Folder(Place(out, media), table).convert()
    assert {k: v['tags'] for k, v in entries(out, 'train').items()} == {
        'a_mp4': ['dog'],
        'deep/down/b_mp4': ['dog', 'cat'],
    }
    table.write_text('a.mp4,dog\n')
    with pytest.raises(DataError, match=r'1 of 2 videos have no tags, e\.g\. deep/down/b\.mp4'):
        Folder(Place(out, media), table).convert()
    table.write_text('a.mp4,dog\ndeep/down/b.mp4,cat\nc.mp4,dog\n')
    with pytest.raises(DataError, match=r'names c\.mp4, which is not below'):
        Folder(Place(out, media), table).convert()


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
    with pytest.raises(DataError, match='holds no videos'):
        Folder(place).convert()
    write_video(media / 'a.mp4', 2)
    with pytest.raises(DataError, match=r'e\.g\. a\.mp4: it lies in no sub-folder'):
        Folder(place).convert()
    with pytest.raises(DataError, match='is no folder'):
        Folder(Place(tmp_path / 'out', tmp_path / 'nowhere')).convert()
