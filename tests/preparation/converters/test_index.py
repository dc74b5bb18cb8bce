import os

import pytest

from mmavl.preparation.converters.index import MediaIndex


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_media_are_found_by_id_wherever_they_lie(media):
    touch(media, 'a/x/-0SdAVK79lg.MKV', 'frames/bbbbbbbbbbb/0001.jpg', 'wav/bbbbbbbbbbb.wav')
    index = MediaIndex(media, ['-0SdAVK79lg', 'bbbbbbbbbbb', 'ccccccccccc'])
    assert index.find('-0SdAVK79lg').video == f'{media}/a/x/-0SdAVK79lg.MKV'
    found = index.find('bbbbbbbbbbb')
    assert found.images == [f'{media}/frames/bbbbbbbbbbb/0001.jpg']
    assert found.audio == f'{media}/wav/bbbbbbbbbbb.wav'
    assert index.find('ccccccccccc') is None


@pytest.mark.parametrize(
    'name',
    ['-0SdAVK79lg.mp4', 'Y-0SdAVK79lg.mp4', '-0SdAVK79lg_30.mp4', '-0SdAVK79lg_30000_40000.mp4'],
)
def test_names_that_downloaders_give_are_known(media, name):
    touch(media, name, 'zzzzzzzzzzz.mp4')
    index = MediaIndex(media, ['-0SdAVK79lg'])
    assert list(index) == ['-0SdAVK79lg']


def test_an_id_that_begins_like_another_is_not_taken_for_it(media):
    touch(media, 'aaaaaaaaaaab.mp4')
    assert list(MediaIndex(media, ['aaaaaaaaaaa'])) == []


def test_frames_are_ordered_by_number_and_their_folder_may_be_named_as_the_video(media):
    touch(media, *(f'idididididi.mp4/{number}.jpg' for number in (1, 2, 10)))
    names = MediaIndex(media, ['idididididi']).find('idididididi').images
    assert [name.rpartition('/')[2] for name in names] == ['1.jpg', '2.jpg', '10.jpg']


def test_without_ids_every_name_is_one_also_if_it_is_a_number(media):
    touch(media, 'Data/0/10006434483.jpg', 'Data/0/10006434483.wav', 'Data/1/777.jpg')
    index = MediaIndex(media)
    assert list(index) == ['10006434483', '777']
    assert index.find('777').images == [f'{media}/Data/1/777.jpg']


def test_a_second_file_of_an_id_is_kept_in_mind(media):
    touch(media, 'a/idididididi.mp4', 'b/idididididi.webm')
    found = MediaIndex(media, ['idididididi']).find('idididididi')
    assert found.video.endswith('a/idididididi.mp4')
    assert found.more == [f'{media}/b/idididididi.webm']


def test_the_folder_that_is_written_to_is_not_searched(media):
    touch(media, 'out/idididididi.mp4', '.idididididi.x.tmp/idididididi.mp4')
    assert len(MediaIndex(media, ['idididididi'], skip=[media / 'out'])) == 0


def test_a_missing_folder_is_named(media):
    with pytest.raises(FileNotFoundError, match='gone is not a folder of media'):
        MediaIndex(media / 'gone')


def test_hidden_files_do_not_count_and_linked_folders_do_without_loops(media, tmp_path):
    touch(tmp_path, 'disk/-0SdAVK79lg.mp4', 'disk/._-0SdAVK79lg.mp4')
    touch(media, '._bbbbbbbbbbb.mp4', '.trash/bbbbbbbbbbb.mp4')
    (media / 'link').symlink_to(tmp_path / 'disk')
    (tmp_path / 'disk/back').symlink_to(media)
    index = MediaIndex(media, ['-0SdAVK79lg', 'bbbbbbbbbbb'])
    assert list(index) == ['-0SdAVK79lg']
    assert index.find('-0SdAVK79lg').more == []


def test_a_folder_that_cannot_be_read_is_named(media, monkeypatch):
    touch(media, 'a/bbbbbbbbbbb.mp4')
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith('/a'):
            raise PermissionError(13, 'Permission denied', str(path))
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refuse)
    index = MediaIndex(media, ['bbbbbbbbbbb'])
    assert [error.filename for error in index.unreadable] == [f'{media}/a']


def test_pictures_whose_names_only_look_like_numbers_are_no_frames(media):
    touch(media, 'bbbbbbbbbbb/\u00b2.jpg', 'bbbbbbbbbbb/' + '9' * 200 + '.jpg')
    assert MediaIndex(media, ['bbbbbbbbbbb']).find('bbbbbbbbbbb') is None
