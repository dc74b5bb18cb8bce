import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.preparation.converters import media as media_module
from mmavl.preparation.converters.cutting import ClipSpec
from mmavl.preparation.converters.index import Source
from mmavl.preparation.converters.media import ClipJob, convert_clip

from .conftest import brightness, grey, write_frames, write_sound, write_video

CLIPS = Path(__file__).parents[4] / 'shared/data/clips'
SPEC = ClipSpec(seconds=2.0, fps=2.0, sample_rate=8000, size=32, min_seconds=1.0)


def convert(tmp_path, source, begin=None, spec=SPEC):
    return convert_clip(ClipJob('clip', 'train', source, begin), tmp_path / 'out', spec)


@pytest.mark.parametrize('suffix', ['.mp4', '.mkv', '.avi', '.webm'])
def test_any_container_gives_frames_at_their_time_and_mono_sound(tmp_path, media, suffix):
    path = write_video(media / f'clip{suffix}', seconds=2)
    outcome = convert(tmp_path, Source(video=path))
    assert (outcome.cause, outcome.frames) == ('', 4), outcome.detail
    out = tmp_path / 'out/train'
    assert sorted(p.name for p in out.iterdir()) == ['clip', 'clip.wav']
    frames = sorted((out / 'clip').iterdir())
    assert [p.name for p in frames] == ['0000.jpg', '0001.jpg', '0002.jpg', '0003.jpg']
    for path, time in zip(frames, (0, 0.5, 1, 1.5)):
        assert brightness(path) == pytest.approx(grey(time), abs=4)
    assert Image.open(frames[0]).size == (43, 32)
    wave, rate = soundfile.read(out / 'clip.wav')
    assert rate == 8000
    assert len(wave) / rate == pytest.approx(2, abs=0.1)
    assert np.abs(wave[2000:-2000]).max() == pytest.approx(0.5, abs=0.05)


def test_a_segment_is_cut_out_of_a_whole_video(tmp_path, media):
    path = write_video(media / 'clip.mp4', seconds=6)
    outcome = convert(tmp_path, Source(video=path), begin=3.0)
    assert (outcome.frames, outcome.seconds) == (4, 2.0)
    found = [brightness(p) for p in sorted((tmp_path / 'out/train/clip').iterdir())]
    assert found == pytest.approx([grey(t) for t in (3, 3.5, 4, 4.5)], abs=4)


def test_a_long_video_without_a_beginning_is_not_guessed_at(tmp_path, media):
    path = write_video(media / 'clip.mp4', seconds=6)
    outcome = convert(tmp_path, Source(video=path))
    assert outcome.cause == 'uncut'
    assert '6.0 s long, but a clip has 2 s' in outcome.detail


def test_a_still_is_the_middle_of_the_middle(tmp_path, media):
    spec = ClipSpec(seconds=2.0, fps=None, sample_rate=8000, size=32, centre=True)
    path = write_video(media / 'clip.mp4', seconds=6)
    assert convert(tmp_path, Source(video=path), spec=spec).frames == 1
    out = tmp_path / 'out/train'
    assert sorted(p.name for p in out.iterdir()) == ['clip.jpg', 'clip.wav']
    assert brightness(out / 'clip.jpg') == pytest.approx(grey(3), abs=4)


def test_small_frames_and_mono_sound_at_the_rate_are_taken_as_they_are(tmp_path, media):
    write_frames(media / 'clip', 4, size=(32, 24))
    sound = write_sound(media / 'clip.wav', 2, rate=8000)
    images = sorted(map(str, (media / 'clip').iterdir()))
    assert convert(tmp_path, Source(audio=sound, images=images)).frames == 4
    out = tmp_path / 'out/train'
    assert (out / 'clip/0002.jpg').read_bytes() == Path(images[2]).read_bytes()
    assert (out / 'clip.wav').read_bytes() == Path(sound).read_bytes()


def test_large_frames_are_reduced_other_rates_resampled_and_numbers_begin_with_0(tmp_path, media):
    write_frames(media / 'clip', 4, first=1)
    sound = write_sound(media / 'clip.wav', 2)
    images = sorted(map(str, (media / 'clip').iterdir()))
    convert(tmp_path, Source(audio=sound, images=images))
    out = tmp_path / 'out/train'
    assert Image.open(out / 'clip/0000.jpg').size == (43, 32)
    assert brightness(out / 'clip/0000.jpg') == pytest.approx(grey(0), abs=3)
    assert soundfile.info(out / 'clip.wav').samplerate == 8000


def broken(media):
    path = write_video(media / 'clip.mp4', seconds=2)
    Path(path).write_bytes(Path(path).read_bytes()[:600])
    return Source(video=path)


def cut_off(media):
    path = write_video(media / 'clip.avi', seconds=2)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 3])
    return Source(video=path)


def no_video(media):
    (media / 'clip.mp4').write_text('<html>This video is private</html>')
    return Source(video=str(media / 'clip.mp4'))


def gap(media):
    write_frames(media / 'clip', 4)
    (media / 'clip/0002.jpg').unlink()
    images = sorted(map(str, (media / 'clip').iterdir()))
    return Source(audio=write_sound(media / 'clip.wav', 2), images=images)


def other_rate(media):
    write_frames(media / 'clip', 12)
    images = sorted(map(str, (media / 'clip').iterdir()))
    return Source(audio=write_sound(media / 'clip.wav', 2), images=images)


def empty(media):
    (media / 'clip.mp4').touch()
    return Source(video=str(media / 'clip.mp4'))


@pytest.mark.parametrize(
    ('make', 'cause', 'said'),
    [
        (lambda media: None, 'missing', 'no file of this id'),
        (broken, 'broken', 'clip.mp4 cannot be decoded'),
        (cut_off, 'broken', 'clip.avi'),
        (no_video, 'broken', 'clip.mp4 cannot be decoded'),
        (empty, 'broken', 'clip.mp4 is an empty file'),
        (gap, 'broken', 'frame 2 is missing'),
        (other_rate, 'broken', '12 frames last 6.0 s at 2 fps, but the sound lasts 2.0 s'),
        (
            lambda media: Source(video=write_video(media / 'clip.mp4', 2, sound=False)),
            *('no audio', 'no audio track'),
        ),
        (
            lambda media: Source(video=write_video(media / 'clip.mp4', 2, pictures=False)),
            *('no frames', 'no video track'),
        ),
        (
            lambda media: Source(audio=write_sound(media / 'clip.wav', 2)),
            *('no frames', 'no frames of the same id'),
        ),
        (
            lambda media: Source(images=['clip/0000.jpg']),
            *('no audio', 'no sound file of the same id'),
        ),
        (
            lambda media: Source(video=write_video(media / 'clip.mp4', 2, gain=0)),
            *('silent', 'is silent'),
        ),
        (
            lambda media: Source(video=write_video(media / 'clip.mp4', 0.4)),
            *('short', 'at least 1 s are needed'),
        ),
    ],
)
def test_what_cannot_be_used_has_its_cause_and_leaves_nothing_behind(
    tmp_path, media, make, cause, said
):
    outcome = convert(tmp_path, make(media))
    assert outcome.cause == cause, outcome.detail
    assert said in outcome.detail
    assert list((tmp_path / 'out').rglob('*.*')) == []


def test_a_shorter_clip_than_asked_is_kept_and_named(tmp_path, media):
    outcome = convert(tmp_path, Source(video=write_video(media / 'clip.mp4', 1.2)))
    assert (outcome.cause, outcome.frames) == ('', 3)
    assert outcome.note.startswith('short: 1.2')


def test_a_bug_of_a_decoder_condemns_one_clip_and_a_full_disk_stops(tmp_path, media, monkeypatch):
    source = Source(video=write_video(media / 'clip.mp4', 2))

    def fails(*args):
        raise RuntimeError('assertion in libfoo')

    monkeypatch.setattr(media_module, 'video_frames', fails)
    outcome = convert(tmp_path, source)
    assert (outcome.cause, 'libfoo' in outcome.detail) == ('broken', True)

    def full(*args):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(media_module, 'video_frames', full)
    with pytest.raises(OSError, match='No space left'):
        convert(tmp_path, source)
    assert list((tmp_path / 'out/train').iterdir()) == []


@pytest.mark.parametrize('number', [errno.EIO, errno.EACCES, errno.ENAMETOOLONG, errno.ESTALE])
def test_a_disk_that_cannot_read_one_file_condemns_one_clip(tmp_path, media, monkeypatch, number):
    source = Source(video=write_video(media / 'clip.mp4', 2))

    def fails(*args):
        raise OSError(number, os.strerror(number), 'clip.mp4')

    monkeypatch.setattr(media_module, 'video_frames', fails)
    outcome = convert(tmp_path, source)
    assert outcome.cause == 'broken'
    assert outcome.detail.startswith(f'{source.video}: ')


def test_a_writer_that_calls_a_full_disk_something_else_stops_too(tmp_path, media, monkeypatch):
    source = Source(video=write_video(media / 'clip.mp4', 2))

    def fails(*args, **kwargs):
        raise OSError(28, 'No space left on device')

    def library(*args, **kwargs):
        raise RuntimeError('System error')

    monkeypatch.setattr(media_module.tempfile, 'NamedTemporaryFile', fails)
    monkeypatch.setattr(media_module, 'video_frames', library)
    with pytest.raises(OSError, match='No space left'):
        convert(tmp_path, source)


@pytest.mark.parametrize('clip_id', ['..', 'a/b', '', '/tmp/a', 'a\\b', '../../a'])
def test_no_id_leads_out_of_its_folder(clip_id):
    folder, name = ClipJob(clip_id, 'train', None).key.split('/')
    assert folder == 'train'
    assert name not in ('', '.', '..')
    assert '\\' not in name


def test_a_clip_made_again_takes_the_place_of_the_old_one(tmp_path, media):
    convert(tmp_path, Source(video=write_video(media / 'clip.mp4', 2)))
    convert(tmp_path, Source(video=write_video(media / 'other.mp4', 1.2)))
    out = tmp_path / 'out/train'
    assert sorted(p.name for p in out.iterdir()) == ['clip', 'clip.wav']
    assert len(list((out / 'clip').iterdir())) == 3


@pytest.mark.skipif(not CLIPS.is_dir(), reason=f'the real clips are not at {CLIPS}')
@pytest.mark.parametrize('name', ['baby_crying', 'drum'])
def test_real_clips(tmp_path, name):
    spec = ClipSpec(seconds=10.0, fps=1.0, min_seconds=1.0)
    outcome = convert(tmp_path, Source(video=str(CLIPS / f'{name}.mp4')), begin=0.0, spec=spec)
    assert outcome.cause == '', outcome.detail
    frames = sorted((tmp_path / 'out/train/clip').iterdir())
    assert len(frames) == outcome.frames >= 4
    assert min(Image.open(frames[-1]).size) <= 256
    info = soundfile.info(tmp_path / 'out/train/clip.wav')
    assert (info.samplerate, info.channels) == (22050, 1)
    assert info.duration == pytest.approx(outcome.seconds, abs=0.05)
