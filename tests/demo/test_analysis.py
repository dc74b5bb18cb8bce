import contextlib
import errno
import json
import shutil
import time
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from mmavl.apis.clips import Clip
from mmavl.demo import analysis
from mmavl.demo.analysis import Analyst, Moment, clip_of
from mmavl.errors import DataError

GREY = np.full((8, 16, 3), 100, np.uint8)


def test_a_picture_and_a_sound_are_a_clip_in_either_order():
    for files in (['x/a.JPG', 'b.wav'], ['b.wav', 'x/a.JPG']):
        clip = clip_of(files)
        assert (clip.name, clip.image, clip.audio) == ('a', 'x/a.JPG', 'b.wav')
    assert clip_of(['x/v.mp4']).video == 'x/v.mp4'
    assert clip_of(['a.png', 'v.mp4']).audio == 'v.mp4'


@pytest.mark.parametrize(
    'files',
    [[], ['a.png'], ['a.wav'], ['a.png', 'b.png'], ['a.mp4', 'b.mp4'], ['a.png', 'a.wav', 'b.wav'],
     ['list.m3u8'], ['a.png', 'list.m3u8'], ['script.ffconcat'], ['a.png', 'a']],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_needed(files):
    names = ', '.join(files) or 'nothing'
    with pytest.raises(DataError, match=f'a picture and a sound, not {names}$'):
        clip_of(files)


def test_a_thousand_files_are_not_all_named():
    with pytest.raises(DataError, match=r'not 0\.png, 1\.png.*4\.png, 995 more$'):
        clip_of([f'{number}.png' for number in range(1000)])


def test_a_picture_with_a_sound_has_one_moment_and_its_json(analyst, media, tmp_path):
    done = analyst([str(media / 'a.wav'), str(media / 'a.png')], tmp_path)
    assert done.by_score() == ['left', 'right_side']
    picture = done.picture()
    assert picture.shape == (280 + 22, 560, 3)
    # a frame of grey: heat of the sounding class is on the left, and nowhere else
    assert np.ptp(picture[140, 40].astype(int)) > 50
    assert np.ptp(picture[140, 520].astype(int)) < 8
    other = done.picture(label='right_side')
    assert np.ptp(other[140, 40].astype(int)) < 8
    assert np.ptp(other[140, 520].astype(int)) > 50
    record = json.loads(done.record.read_text())
    assert record['format'] == 'mmavl.localization/2'
    assert record['source'] == {'image': 'a.png', 'audio': 'a.wav'}
    assert [tag['audio_prob'] for tag in record['tags']] == [0.9, 0.1]
    assert len(record['maps']) == 2


def test_sounds_share_a_gain_that_keeps_the_loudest_whole(analyst, media, tmp_path):
    done = analyst([str(media / 'a.wav'), str(media / 'a.png')], tmp_path)
    peaks = {k: np.abs(soundfile.read(path)[0]).max() for k, path in done.sounds.items()}
    assert peaks == pytest.approx({'mixture': 0.25, 'left': 1.0, 'right_side': 0}, abs=0.01)


def test_a_video_has_a_moment_every_half_second(analyst, media, tmp_path):
    reports = []
    done = analyst([str(media / 'clip.mp4')], tmp_path, lambda *words: reports.append(words))
    assert [moment.result.time for moment in done.moments] == [0, 0.5, 1, 1.5]
    assert done.moment(0.9).result.time == 0.5
    # frames 0, 2, 4 and 6 have the greys 0, 60, 120 and 180; the right half has no heat
    greys = [done.picture(time)[200, 540].mean() for time in (0, 0.5, 1, 1.5)]
    assert greys == pytest.approx([0, 60, 120, 180], abs=6)
    lines = [json.loads(line) for line in done.record.read_text().splitlines()]
    assert [line['time'] for line in lines] == [0, 0.5, 1, 1.5]
    assert lines[0]['source'] == {'video': 'clip.mp4'}
    assert 'values' not in lines[0]['maps'][0]
    assert [share for share, _ in reports] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=0.05)


def test_a_long_clip_is_refused_before_the_model_runs(localizer, media, tmp_path):
    analyst = Analyst(localizer, longest=1.5)
    with pytest.raises(DataError, match=r'^clip\.mp4 is at least 2 s long.* at most 2 s: cut it'):
        analyst([str(media / 'clip.mp4')], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('files', [['a.png', 'a.wav'], ['clip.mp4']])
def test_a_clip_longer_than_its_header_says_is_refused_before_it_is_read_whole(
    localizer, media, tmp_path, monkeypatch, files
):
    for stream in (analysis.PictureStream, analysis.SoundStream):
        monkeypatch.setattr(stream, 'length_of', lambda path: 0.0)
    monkeypatch.setattr(
        type(localizer.pipeline), 'load', lambda *args, whole=False: {'image': GREY}
    )
    found = SimpleNamespace(time=0.0, clip=Clip('x', '', ''), maps={}, audio_probs={})
    monkeypatch.setattr(Analyst, '_moments', lambda *args: [Moment(b'', found)])
    analyst = Analyst(localizer, longest=0.5)
    with pytest.raises(
        DataError, match=r'^(a\.wav|clip\.mp4) is at least [12] s long.* at most 0 s'
    ):
        analyst([str(media / file) for file in files], tmp_path)


@pytest.mark.parametrize(
    'error', [KeyError('x'), RuntimeError('/usr/lib/a b/odd.so is odd'), MemoryError()]
)
def test_whatever_goes_wrong_is_one_line_without_a_folder(
    localizer, media, tmp_path, monkeypatch, error
):
    def fail(*args):
        raise error

    analyst = Analyst(localizer)
    monkeypatch.setattr(Analyst, '_moments', fail)
    with pytest.raises(DataError, match=f'^{type(error).__name__}') as raised:
        analyst([str(media / 'clip.mp4')], tmp_path)
    assert '/usr' not in str(raised.value)


def test_a_full_disk_is_no_clips_fault(localizer, media, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left')

    monkeypatch.setattr(Analyst, '_sounds', full)
    with pytest.raises(OSError, match='No space left'):
        Analyst(localizer)([str(media / 'clip.mp4')], tmp_path)


def test_what_takes_too_long_is_ended_and_said(localizer, media, tmp_path, monkeypatch):
    def endless(*args):
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.001)

    monkeypatch.setattr(Analyst, '_moments', endless)
    analyst = Analyst(localizer, deadline=0.1)
    with pytest.raises(DataError, match=r'^clip\.mp4 takes longer than 0 s, the limit'):
        analyst([str(media / 'clip.mp4')], tmp_path)


def test_files_of_any_names_are_analysed(analyst, media, tmp_path, awkward_names):
    for number, name in enumerate(awkward_names[::3]):
        files = [tmp_path / f'x{name}.{suffix}' for suffix in ('png', 'wav')]
        for file in files:
            shutil.copy(media / f'a{file.suffix}', file)
        folder = tmp_path / f'{number}'
        done = analyst([str(file) for file in files], folder)
        assert json.loads(done.record.read_text(encoding='utf-8'))['name'] == f'x{name}'
        assert done.picture().shape[1] == 560
        assert {path.parent for path in done.sounds.values()} == {folder}


def test_a_message_names_the_file_without_its_folder(analyst, media, tmp_path):
    with pytest.raises(DataError, match=r'^bad\.mp4 cannot be decoded') as raised:
        analyst([str(media / 'bad.mp4')], tmp_path)
    assert str(media) not in str(raised.value)
