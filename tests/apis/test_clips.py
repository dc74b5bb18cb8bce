import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.apis.clips import check_out_dir, list_clips
from mmavl.apis.failures import Failure
from mmavl.errors import DataError
from mmavl.utils.file_names import safe_name

IMAGE = np.zeros((4, 6, 3), np.uint8)
WAVE = np.zeros(100, np.float32)


def touch(folder, *names):
    for name in names:
        (folder / name).write_bytes(b'x')


def test_a_folder_gives_its_videos_and_its_pictures_with_their_sounds(tmp_path):
    touch(tmp_path, 'b.MP4', 'a.jpg', 'a.wav', 'b.jpg', 'lone.png', 'notes.txt', '.hidden.mp4')
    (tmp_path / 'sub').mkdir()
    touch(tmp_path / 'sub', 'c.mp4')
    clips, failures = list_clips(str(tmp_path))
    assert [(c.name, c.image, c.audio) for c in clips] == [
        ('b', f'{tmp_path}/b.MP4', f'{tmp_path}/b.MP4'),
        ('a', f'{tmp_path}/a.jpg', f'{tmp_path}/a.wav'),
    ]
    assert [(c.video, c.source) for c in clips] == [
        (f'{tmp_path}/b.MP4', {'video': f'{tmp_path}/b.MP4'}),
        (None, {'image': f'{tmp_path}/a.jpg', 'audio': f'{tmp_path}/a.wav'}),
    ]
    lone = f'{tmp_path}/lone.png'
    assert failures == [Failure(lone, f'{lone} has no sound of the same name next to it')]


def test_clips_of_one_name_get_different_ones(tmp_path):
    for folder in ('x', 'X', 'y'):
        (tmp_path / folder).mkdir()
        touch(tmp_path / folder, 'Ü 三.mp4' if folder != 'X' else 'ü 三.mp4')
    clips, _ = list_clips([tmp_path / folder for folder in ('x', 'X', 'y')])
    assert [clip.name for clip in clips] == ['Ü 三', 'ü 三_2', 'Ü 三_3']


def test_clips_whose_files_would_have_one_name_get_different_ones(tmp_path):
    touch(tmp_path, 'a b.mp4', 'A_b.mp4', 'a+b.mp4')
    clips, _ = list_clips(tmp_path)
    assert [clip.name for clip in clips] == ['A_b', 'a b_2', 'a+b_3']


def test_two_pictures_of_one_name_are_no_pair_without_a_word(tmp_path):
    touch(tmp_path, 'a.jpg', 'a.png', 'a.wav', 'v.mp4', 'v.jpg')
    clips, failures = list_clips(tmp_path)
    assert [(c.name, c.source) for c in clips][1:] == [
        ('a', {'image': f'{tmp_path}/a.jpg', 'audio': f'{tmp_path}/a.wav'})
    ]
    left = f'{tmp_path}/a.png'
    assert failures == [Failure(left, f'{left} is left out: a.jpg has the same name')]


def test_letters_taken_apart_as_on_macos_make_a_pair(tmp_path):
    touch(tmp_path, 'e\u0301.jpg', 'é.wav')
    ((clip,), failures) = list_clips(tmp_path)
    assert (clip.name, failures) == ('é', [])


def test_files_of_any_names_are_clips_of_different_names(tmp_path, awkward_names):
    touch(tmp_path, *(f'x{name}.mp4' for name in awkward_names))
    clips, failures = list_clips(
        [tmp_path, *(tmp_path / f'x{name}.mp4' for name in awkward_names)]
    )
    assert failures == []
    assert len({safe_name(clip.name).casefold() for clip in clips}) == 2 * len(awkward_names)


def test_a_file_that_begins_with_a_tilde_is_found(tmp_path, monkeypatch):
    touch(tmp_path, '~nobody.mp4')
    monkeypatch.chdir(tmp_path)
    ((clip,), _) = list_clips(['~nobody.mp4'])
    assert clip.video == '~nobody.mp4'


def test_no_clip_has_the_name_of_the_index(tmp_path):
    touch(tmp_path, 'results.mp4', 'Results.mkv')
    clips, _ = list_clips(tmp_path)
    assert [clip.name for clip in clips] == ['Results_2', 'results_3']


def test_long_names_stay_apart(tmp_path):
    touch(tmp_path, f'{"n" * 200}1.mp4', f'{"n" * 200}2.mp4', f'{"三" * 80}.mp4')
    clips, _ = list_clips([tmp_path, tmp_path])
    files = {safe_name(clip.name) for clip in clips}
    assert len(files) == 6
    assert max(len(file.encode()) for file in files) <= 120


def test_results_cannot_take_the_place_of_inputs(tmp_path):
    touch(tmp_path, 'x.mp4')
    (tmp_path / 'out').mkdir()
    clips, _ = list_clips([tmp_path / 'x.mp4', (IMAGE, WAVE, 8000)])
    check_out_dir(clips, tmp_path / 'out')
    with pytest.raises(ValueError, match=r'x\.mp4 is in .* choose another output folder'):
        check_out_dir(clips, tmp_path / 'out/..')


def test_arrays_become_rgb_and_mono():
    stereo = np.array([[16384, 0], [-32768, -32768]], np.int16)
    grey = np.full((4, 6), 7, np.uint8)
    (clip,), failures = list_clips((grey, stereo, 16000))
    assert failures == []
    assert clip.audio.tolist() == [0.25, -1.0]
    assert clip.image.shape == (4, 6, 3)
    assert (clip.image == 7).all()
    assert (clip.name, clip.sample_rate) == ('clip', 16000)
    assert clip.source == {'image': None, 'audio': None}


def test_a_bad_input_of_a_list_is_listed_and_a_single_one_raises(tmp_path):
    touch(tmp_path, 'good.mp4')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'zero.mp4').touch()
    bad = {
        'https://example.org/x.mp4': 'is a URL, not a file: download it first',
        f'{tmp_path}/none.mp4': 'does not exist',
        f'{tmp_path}/zero.mp4': 'is an empty file',
        f'{tmp_path}/empty': 'contains no videos',
        f'{tmp_path}/{"n" * 300}.mp4': 'does not exist|cannot be reached',
        '~no such user/x.mp4': 'cannot be reached',
        'a\0b.mp4': 'NUL character',
    }
    clips, failures = list_clips([*bad, f'{tmp_path}/good.mp4'])
    assert [clip.name for clip in clips] == ['good']
    assert [failure.name for failure in failures] == list(bad)
    for failure, reason in zip(failures, bad.values()):
        assert re.search(reason, failure.message)
        assert '\n' not in failure.message
        with pytest.raises(DataError, match=reason):
            list_clips(failure.name)


def test_what_is_no_clip_at_all_is_listed_by_its_place_and_stops_no_other(tmp_path):
    touch(tmp_path, 'good.mp4')
    wrong = [7, (IMAGE, WAVE, 22.05), {'image': 'x.png', 'audio': None}, ('a.png', b'x')]
    clips, failures = list_clips([*wrong, f'{tmp_path}/good.mp4'])
    assert [clip.name for clip in clips] == ['good']
    assert [failure.name for failure in failures] == ['input 1', 'input 2', 'x.png', 'a.png']
    assert failures[0].message.startswith('TypeError: int is not a clip')


@pytest.mark.parametrize(
    ('given', 'error', 'reason'),
    [
        (7, TypeError, 'int is not a clip'),
        ((IMAGE, WAVE), TypeError, 'needs its sample_rate'),
        ((IMAGE.astype(float), WAVE, 8000), TypeError, r'RGB uint8 .* not float64 \[4, 6, 3\]'),
        ((IMAGE, WAVE[None, None], 8000), TypeError, r'not float32 \[1, 1, 100\]'),
        ((IMAGE, WAVE[:0], 8000), DataError, 'no samples'),
        ((IMAGE, WAVE * np.nan, 8000), DataError, 'nan or inf'),
        ((IMAGE, WAVE + 1e30, 8000), DataError, r'up to 1e\+30 where \[-1, 1\] is full scale'),
        ((IMAGE, np.stack([WAVE, WAVE]), 8000), TypeError, 'would be 100 channels of 2 samples'),
        ((IMAGE, WAVE, -1), ValueError, 'sample_rate=-1 Hz is below 1000 Hz'),
        ((IMAGE, WAVE, 22050.5), TypeError, 'a whole number of Hz, not 22050.5'),
        ((IMAGE, WAVE, float('nan')), TypeError, 'a whole number of Hz, not nan'),
        ((IMAGE, WAVE, 999), ValueError, 'sample_rate=999 Hz is below 1000 Hz: give Hz, not kHz'),
        ((IMAGE, WAVE, '16k'), TypeError, "a whole number of Hz, not '16k'"),
        ('', DataError, 'an empty text is not a path'),
        (
            {'video': 'x.mp4', 'nmae': 'x'},
            TypeError,
            "unknown keys 'nmae'; a clip has name, time, video",
        ),
        ({'video': __file__, 'time': -1}, ValueError, 'time=-1 is not a second of the video'),
        ({'video': __file__, 'time': '3'}, ValueError, "time='3' is not a second of the video"),
        ({'image': IMAGE, 'audio': WAVE, 'name': 5}, TypeError, 'must be a string, not 5'),
    ],
)
def test_what_is_no_clip_is_said(given, error, reason):
    with pytest.raises(error, match=reason):
        list_clips(given)


def test_the_frame_of_a_clip_is_its_picture_or_that_of_a_video_at_a_time(tmp_path, media):
    image = media.bright_corner()
    Image.fromarray(image).save(tmp_path / 'a.png')
    soundfile.write(tmp_path / 'a.wav', media.tone(1), 8000)
    wave = np.zeros(2000, np.float32)
    ((given,), _), ((read,), _) = (
        list_clips((source, wave, 8000) if source is image else (source, str(tmp_path / 'a.wav')))
        for source in (image, str(tmp_path / 'a.png'))
    )
    assert np.array_equal(given.frame(), image)
    assert np.array_equal(read.frame(), image)
    frames = [np.full((48, 64, 3), grey, np.uint8) for grey in (0, 100, 200)]
    video = str(media.write_clip(tmp_path / 'x.mp4', frames, wave=media.tone(0.3)))
    ((clip,), _) = list_clips(video)
    assert [clip.frame(time).mean().round() for time in (None, 0.1, 0.2)] == pytest.approx(
        [0, 100, 200], abs=4
    )
    (tmp_path / 'x.mp4').unlink()
    with pytest.raises(DataError, match=r'x\.mp4'):
        clip.frame(0.1)
