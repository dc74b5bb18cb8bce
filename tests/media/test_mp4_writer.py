import errno
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.media.audio import read_audio
from mmavl.media.mp4_writer import Mp4Writer
from mmavl.media.video import PictureStream

TENTHS = [n / 10 for n in range(20)]


def write(path, source, moments, size=(64, 48)):
    """Frame i is grey of value 10 * i."""
    with open(path, 'wb') as file, Mp4Writer(file, size, Fraction(10), str(source)) as writer:
        for index, time in enumerate(moments):
            writer.write(time, np.full((size[1], size[0], 3), 10 * index, np.uint8))
    return path


def spans(path, level=0.2, gap=0.05):
    """First and last second of each part that is louder than a level."""
    wave, rate = read_audio(str(path))
    loud = np.flatnonzero(np.abs(wave) > level) / rate
    ends = np.flatnonzero(np.diff(loud) > gap)
    return [*zip(loud[[0, *(ends + 1)]], loud[[*ends, -1]])]


def sound_track(path):
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        return track.codec.canonical_name, track.rate, track.channels


def beep(media, rate=8000):
    """A second of silence, half a second of a tone, half a second of silence."""
    return np.concatenate([np.zeros(rate), media.tone(0.5, rate), np.zeros(rate // 2)])


def test_each_frame_is_shown_at_its_own_moment(tmp_path, media, clip):
    moments = [0.0, 0.1, 0.5, 0.55, 1.9]
    times, frames = media.read_video(write(tmp_path / 'out.mp4', clip, moments))
    assert times == pytest.approx(moments, abs=1e-4)
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 5
    assert [frame.mean() for frame in frames] == pytest.approx([0, 10, 20, 30, 40], abs=2)


def test_colours_and_places_stay(tmp_path, media, clip):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, 32:] = 200, 100, 30
    out = tmp_path / 'out.mp4'
    with out.open('wb') as file, Mp4Writer(file, (64, 48), Fraction(10), clip) as writer:
        writer.write(0.0, image)
    _, (frame,) = media.read_video(out)
    assert frame[4:20, 40:60].mean((0, 1)) == pytest.approx([200, 100, 30], abs=6)
    assert frame[28:].mean() < 4


def test_of_two_frames_of_one_moment_the_first_is_kept(tmp_path, media, clip):
    times, frames = media.read_video(write(tmp_path / 'out.mp4', clip, [0.0, 0.2, 0.2, 0.1, 0.3]))
    assert times == pytest.approx([0.0, 0.2, 0.3], abs=1e-4)
    assert [frame.mean() for frame in frames] == pytest.approx([0, 10, 40], abs=2)


@pytest.mark.parametrize(
    ('codec', 'suffix', 'container_format'),
    [('aac', 'mkv', None), ('aac', 'ts', 'mpegts'), ('libmp3lame', 'mkv', None)],
)
def test_sound_that_mp4_holds_is_copied_to_the_sample(
    tmp_path, media, codec, suffix, container_format
):
    if codec not in av.codecs_available:
        pytest.skip(f'FFmpeg is built without {codec}')
    source = media.write_clip(
        tmp_path / f'x.{suffix}',
        media.grey_frames(20),
        wave=beep(media, 16000),
        rate=16000,
        sound_codec=codec,
        container_format=container_format,
    )
    out = write(tmp_path / 'out.mp4', source, TENTHS)
    assert sound_track(out) == sound_track(source)
    assert np.ravel(spans(out)) == pytest.approx(np.ravel(spans(source)), abs=1e-3)
    before, after = read_audio(str(source))[0], read_audio(str(out))[0]
    # containers differ in what of an encoder's silence around the sound they hide
    first = [np.flatnonzero(np.abs(wave) > 0.2)[0] for wave in (before, after)]
    length = 9000
    parts = [wave[at : at + length] for wave, at in zip((before, after), first)]
    assert len(parts[0]) == length
    assert np.array_equal(*parts)


@pytest.mark.parametrize('rates', [(44100, 22050), (22050, 44100)])
def test_sound_that_changes_its_rate_keeps_its_pitch_and_its_place(tmp_path, media, rates):
    parts = []
    for rate in rates:
        wave = media.tone(2, rate)
        part = media.write_clip(
            tmp_path / f'{rate}.ts', media.grey_frames(20), wave=wave, rate=rate,
            container_format='mpegts',
        )  # fmt: skip
        parts.append(part.read_bytes())
    source = tmp_path / 'x.ts'
    source.write_bytes(b''.join(parts))
    wave, rate = read_audio(str(write(tmp_path / 'out.mp4', source, TENTHS)))
    assert len(wave) / rate == pytest.approx(4, abs=0.25)
    for first in (0.5, 2.7):
        part = wave[round(first * rate) :][:rate]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        assert spectrum.argmax() * rate / len(part) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ('codec', 'rate', 'expected_rate'),
    [
        ('pcm_s16le', 8000, 8000),
        ('flac', 44100, 44100),
        ('pcm_s16le', 10000, 48000),
        ('libmp3lame', 8000, 8000),  # below 16 kHz MP4 does not hold it
    ],
)
def test_other_sound_becomes_aac_at_a_rate_it_has_and_stays_in_time(
    tmp_path, media, codec, rate, expected_rate
):
    if codec not in av.codecs_available:
        pytest.skip(f'FFmpeg is built without {codec}')
    source = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(20), wave=beep(media, rate), rate=rate,
        sound_codec=codec, sound_at=0.25,
    )  # fmt: skip
    out = write(tmp_path / 'out.mp4', source, TENTHS)
    assert sound_track(out) == ('aac', expected_rate, 1)
    assert spans(out) == [pytest.approx((1.25, 1.75), abs=0.02)]


def test_silence_between_parts_of_the_sound_is_as_long_as_it_was(tmp_path, media):
    source = tmp_path / 'x.mkv'
    with av.open(str(source), 'w') as container:
        track = container.add_stream('pcm_s16le', rate=8000, layout='mono')
        for second in (0, 2):
            samples = media.tone(1).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(samples, format='fltp', layout='mono')
            frame.sample_rate, frame.time_base = 8000, Fraction(1, 8000)
            frame.pts = second * 8000
            container.mux(track.encode(frame))
        container.mux(track.encode())
    found = spans(write(tmp_path / 'out.mp4', source, TENTHS))
    assert found == [pytest.approx(part, abs=0.03) for part in ((0, 1), (2, 3))]


def test_both_channels_stay_on_their_sides(tmp_path, media):
    wave = np.stack([media.tone(1), np.zeros(8000)], axis=1)
    source = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(2), wave=wave, layout='stereo', sound_codec='flac'
    )
    out = write(tmp_path / 'out.mp4', source, [0.0, 0.1])
    assert sound_track(out) == ('aac', 8000, 2)
    with av.open(str(out)) as container:
        sides = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    assert np.abs(sides).max(axis=1) == pytest.approx([0.5, 0], abs=0.06)


@pytest.mark.parametrize('codec', ['aac', 'pcm_s16le'])
def test_a_picture_that_begins_after_the_sound_stays_late(tmp_path, media, codec):
    source = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(10), wave=beep(media), sound_codec=codec,
        moments=[0.5 + n / 10 for n in range(10)],
    )  # fmt: skip
    with PictureStream(str(source)) as pictures:
        moments = [time for time, _ in pictures.frames()]
    out = write(tmp_path / 'out.mp4', source, moments)
    assert media.read_video(out)[0][0] == pytest.approx(0.5, abs=0.002)
    assert spans(out) == [pytest.approx((1.0, 1.5), abs=0.02)]


@pytest.mark.parametrize('codec', ['aac', 'flac'])
def test_sound_behind_the_last_frame_is_kept(tmp_path, media, codec):
    source = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(2), wave=media.tone(3), sound_codec=codec
    )
    wave, rate = read_audio(str(write(tmp_path / 'out.mp4', source, [0.0, 0.1])))
    assert len(wave) / rate == pytest.approx(3, abs=0.15)
    assert spans(tmp_path / 'out.mp4') == [pytest.approx((0, 3), abs=0.05)]


def test_a_file_without_sound_gives_a_video_without_sound(tmp_path, media):
    source = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(2))
    with av.open(str(write(tmp_path / 'out.mp4', source, [0.0, 0.1]))) as container:
        assert [track.type for track in container.streams] == ['video']


def test_the_sound_goes_along_with_the_pictures(clip):
    """Or the muxer would keep all of it in memory until the end."""
    muxed = []
    with Mp4Writer(BytesIO(), (64, 48), Fraction(10), clip) as writer:
        packets = writer._sound
        writer._sound = (muxed.append(time) or (time, packet) for time, packet in packets)
        for time in (0.5, 1.0):
            writer.write(time, np.zeros((48, 64, 3), np.uint8))
            assert muxed[-1] == pytest.approx(time, abs=0.13)  # a packet of 1024 samples
    assert muxed[-1] > 1.8


def test_a_full_disk_is_an_os_error(clip):
    class Full(BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, 'No space left on device')

    writer = Mp4Writer(Full(), (64, 48), Fraction(10), clip)
    with pytest.raises(OSError, match='No space left') as raised, writer:
        writer.write(0.0, np.zeros((48, 64, 3), np.uint8))
    assert raised.value.errno == errno.ENOSPC


def test_a_size_that_cannot_be_encoded_is_an_os_error_and_no_data_error(tmp_path, clip):
    with pytest.raises(OSError, match='the MP4 cannot be written') as raised:
        write(tmp_path / 'out.mp4', clip, [0.0], size=(63, 47))
    assert not isinstance(raised.value, DataError)
    assert raised.value.errno > 0
