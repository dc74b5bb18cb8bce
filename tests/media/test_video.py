from itertools import count

import pytest

from mmavl.errors import DataError
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream, read_video_frame


def greys(path, times):
    with PictureStream(str(path)) as pictures:
        return [(time, round(image.mean() / 10)) for time, image in pictures.at(times)]


def test_frames_are_those_shown_at_the_times_until_the_video_ends(clip):
    found = greys(clip, (n * 0.25 for n in count()))
    # frame i lasts from i / 10 to (i + 1) / 10
    assert found == [(n * 0.25, int(n * 2.5)) for n in range(8)]
    for time, grey in found:
        assert read_video_frame(clip, time).mean() / 10 == pytest.approx(grey, abs=0.3)


def test_a_later_start_gives_the_same_frames(clip):
    assert greys(clip, [1.55, 1.9]) == [(1.55, 15), (1.9, 19)]


def test_frames_of_a_variable_rate_are_found_by_their_moment(tmp_path, media):
    moments = [0, 0.1, 1.0, 1.05, 3.0]
    media.write_clip(tmp_path / 'x.mp4', media.grey_frames(5), moments=moments)
    assert greys(tmp_path / 'x.mp4', [0.05, 0.5, 1.02, 2.9, 3.0]) == [
        (0.05, 0), (0.5, 1), (1.02, 2), (2.9, 3), (3.0, 4),
    ]  # fmt: skip


def test_a_matroska_pictures_length_is_not_that_of_its_longer_sound(tmp_path, media):
    path = media.write_clip(tmp_path / 'x.mkv', media.grey_frames(20), wave=media.tone(6))
    # 20 frames, ten a second
    assert PictureStream.length_of(str(path)) == pytest.approx(2.0, abs=0.11)


def test_a_single_frame_is_given_once_at_whatever_time(tmp_path, media):
    media.write_clip(tmp_path / 'x.mp4', media.grey_frames(4)[3:])
    assert greys(tmp_path / 'x.mp4', iter([0.7, 0.8])) == [(0.7, 3)]


def test_a_missing_track_is_said(tmp_path, media):
    silent = str(media.write_clip(tmp_path / 'a.mp4', media.grey_frames(2)))
    blind = str(media.write_clip(tmp_path / 'b.mp4', wave=media.tone(1)))
    with pytest.raises(DataError, match=r'a.mp4 has no sound track'), SoundStream(silent):
        pass
    with pytest.raises(DataError, match=r'b.mp4 has no picture track'), PictureStream(blind):
        pass
