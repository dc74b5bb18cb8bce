"""Seeking, lengths and clocks, on files made for it, through every face that reads media."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from mmavl.apis.clips import Clip
from mmavl.media.audio import read_audio
from mmavl.media.mp4_writer import Mp4Writer
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream

from .faces import (
    PICTURES,
    RATE,
    SOUNDS,
    pipeline,
    sound_of_the_dataset,
    sound_of_the_inferencers,
    sound_of_windows,
)
from .writing import FPS, grey, index_of, noise, write_pictures, write_sound

# ------------------------------------------------------------------- seeking and lengths


@pytest.mark.parametrize('read', PICTURES)
@pytest.mark.parametrize(('gop', 'b_frames'), [(10, 3), (40, 0), (250, 3)])
@pytest.mark.parametrize('suffix', ['ts', 'mts'])
def test_a_seek_that_lands_late_is_repeated_further_back(tmp_path, read, gop, b_frames, suffix):
    path = write_pictures(tmp_path / f'x.{suffix}', 12, gop, b_frames, 'mpegts')
    for time in (0.0, 1.0, 6.0, 11.0):
        assert index_of(read(path, time)) == pytest.approx(10 * time, abs=1.2)


@pytest.mark.parametrize('read', PICTURES)
def test_a_palette_is_kept_in_the_middle_of_a_video(tmp_path, read):
    path = str(tmp_path / 'palette.avi')
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1)
    greys[:, 0] = 255
    with av.open(path, 'w') as out:
        track = out.add_stream('rawvideo', rate=FPS)
        track.width, track.height, track.pix_fmt = 64, 64, 'pal8'
        for index in range(30):
            pixels = np.full((64, 64), grey(index), np.uint8)
            frame = av.VideoFrame.from_ndarray((pixels, greys), format='pal8')
            frame.pts = index
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    assert index_of(read(path, 2.0)) == pytest.approx(20, abs=1)


@pytest.mark.parametrize('read', SOUNDS)
@pytest.mark.parametrize('loud_first', [True, False])
@pytest.mark.parametrize('codec', ['mp3', 'aac'])
def test_an_estimated_length_is_neither_limit_nor_promise(tmp_path, read, loud_first, codec):
    parts = [noise(20), np.zeros(20 * 44100)]
    wave = np.concatenate(parts if loud_first else parts[::-1])
    if codec == 'mp3':  # of variable bit rate, without the header that says how long it is
        path = write_sound(
            tmp_path / 'x.mp3', wave, 'libmp3lame', quality=236,
            container='mp3', options={'write_xing': '0', 'id3v2_version': '0'},
        )  # fmt: skip
    else:
        path = write_sound(tmp_path / 'x.aac', wave, 'aac', container='adts')
    sound = read(path)
    assert len(sound) / RATE == pytest.approx(40, abs=0.1)
    loud = np.abs(sound).reshape(-1)[: 40 * RATE - RATE]
    half = 20 * RATE
    assert (loud[RATE : half - RATE].max() > 0.1) == loud_first
    assert (loud[half + RATE :].max() > 0.1) != loud_first


@pytest.mark.parametrize('read', SOUNDS)
def test_a_flac_of_unknown_length_is_read(tmp_path, read):
    path = tmp_path / 'x.flac'
    soundfile.write(path, noise(4), 44100)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # the 36 bits of the number of samples, as a pipe leaves them
    data[22:42] = bytes(20)
    path.write_bytes(data)
    assert len(read(str(path))) == pytest.approx(4 * RATE, abs=2)


def test_a_part_of_recordings_joined_with_the_same_stamps_is_that_part(tmp_path):
    parts = []
    for gain in (0.1, 0.4):
        wave = gain * np.sin(np.arange(2 * 44100) / 20)
        parts.append(write_sound(tmp_path / f'{gain}.ts', wave, 'aac', container='mpegts'))
    joined = tmp_path / 'joined.ts'
    joined.write_bytes(b''.join(Path(part).read_bytes() for part in parts))
    for first, gain in ((0.5, 0.1), (2.5, 0.4), (3.4, 0.4)):
        wave, rate = read_audio(str(joined), seconds=0.5, start=lambda *_, at=first: at)
        assert len(wave) / rate == pytest.approx(0.5)
        assert np.abs(wave).max() == pytest.approx(gain, rel=0.1)


@pytest.mark.parametrize('read', SOUNDS)
@pytest.mark.parametrize('subtype', ['VORBIS', 'OPUS'])
def test_recordings_joined_to_one_ogg_file_are_all_read(tmp_path, read, subtype):
    wave = 0.3 * np.sin(np.arange(48_000) / 20)
    soundfile.write(tmp_path / 'one.ogg', wave, 48_000, format='OGG', subtype=subtype)
    joined = tmp_path / 'joined.ogg'
    joined.write_bytes(2 * (tmp_path / 'one.ogg').read_bytes())
    wave = read(str(joined))
    assert len(wave) == pytest.approx(2 * RATE, abs=0.03 * RATE)
    assert np.abs(wave[-RATE // 2 :]).max() > 0.25


def test_what_is_not_read_after_an_error_is_said(tmp_path, caplog):
    joined = tmp_path / 'rates.ogg'
    with open(joined, 'wb') as file:
        for rate in (44_100, 48_000):  # which FFmpeg does not do
            soundfile.write(tmp_path / 'one.ogg', np.full(rate, 0.1), rate)
            file.write((tmp_path / 'one.ogg').read_bytes())
    read_audio(str(joined))
    assert 'rates.ogg: its audio is read no further (' in caplog.text


@pytest.mark.parametrize('total', [10**9, 44100])
def test_a_flac_whose_header_lies_is_read_to_its_end(tmp_path, total):
    path = tmp_path / 'x.flac'
    soundfile.write(path, noise(4), 44100)
    data = bytearray(path.read_bytes())
    data[22:26] = struct.pack('>I', total)
    data[26:42] = bytes(16)
    path.write_bytes(data)
    part, rate = read_audio(str(path), seconds=1.0, start=lambda length, wanted: length / 2)
    assert len(part) == rate
    if total > 4 * 44100:
        assert len(read_audio(str(path))[0]) == 4 * 44100


def live_webm(path, pictures=True):
    """As a browser records it: without a duration and without an index."""
    with open(path, 'wb') as file:

        class Pipe:  # cannot seek
            def write(self, data):
                return file.write(data)

        with av.open(Pipe(), 'w', format='webm') as out:
            if pictures:
                video = out.add_stream('libvpx', rate=FPS, options={'deadline': 'realtime'})
                video.width = video.height = 64
                video.pix_fmt = 'yuv420p'
            audio = out.add_stream('libopus', rate=48000, layout='mono')
            for index in range(4 * FPS):
                if pictures:
                    pixels = np.full((64, 64, 3), grey(index), np.uint8)
                    frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
                    frame.pts = index
                    out.mux(video.encode(frame))
                piece = noise(0.1, 48000).astype(np.float32)[None]
                frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout='mono')
                frame.sample_rate, frame.pts = 48000, index * 4800
                out.mux(audio.encode(frame))
            for track in [video, audio] if pictures else [audio]:
                out.mux(track.encode(None))
    return str(path)


@pytest.mark.parametrize('read', SOUNDS)
def test_a_recording_of_a_browser_has_all_of_its_sound(tmp_path, read):
    path = live_webm(tmp_path / 'x.webm')
    with av.open(path) as container:
        assert container.duration is None
    assert len(read(path)) / RATE == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize('read', PICTURES)
def test_a_recording_of_a_browser_has_all_of_its_pictures(tmp_path, read):
    path = live_webm(tmp_path / 'x.webm')
    for time in (0.05, 2.05, 3.85):
        assert index_of(read(path, time)) == pytest.approx(10 * time, abs=2)


def test_the_length_of_a_slow_video_is_that_of_its_pictures(tmp_path, media):
    # B-frames, seconds apart, come in another order than they are shown
    path = str(tmp_path / 'slides.mp4')
    moments = [3.0 * index for index in range(7)]
    media.write_clip(path, media.grey_frames(7), wave=media.tone(22), moments=moments)
    assert PictureStream.length_of(path) == pytest.approx(21, abs=0.5)
    clip = pipeline().load(Clip('x', path, path))
    assert clip['time'] == pytest.approx(10.5, abs=0.3)
    assert clip['image'].mean() == pytest.approx(30, abs=3)


@pytest.mark.parametrize('duration', [0, 1, 10**6])
def test_a_wrong_duration_of_an_mp4_is_of_no_consequence(tmp_path, media, duration):
    frames = media.grey_frames(20)
    path = media.write_clip(tmp_path / 'x.mp4', frames, wave=media.tone(2))
    data = bytearray(path.read_bytes())
    for kind, offset in ((b'mvhd', 20), (b'tkhd', 24), (b'mdhd', 20), (b'tkhd', 24)):
        at = data.find(kind)
        while at >= 0:
            data[at + offset : at + offset + 4] = struct.pack('>I', duration)
            at = data.find(kind, at + 4)
    path.write_bytes(data)
    assert PictureStream.length_of(str(path)) == pytest.approx(2, abs=0.15)
    assert SoundStream.length_of(str(path)) == pytest.approx(2, abs=0.2)
    loaded = pipeline(1.0).load(Clip('x', str(path), str(path)))
    assert loaded['time'] == pytest.approx(1, abs=0.1)
    assert np.abs(loaded['waveform']).max() == pytest.approx(0.5, abs=0.06)


# ------------------------------------------------------------------------------- one clock


@pytest.mark.parametrize('read', SOUNDS)
def test_a_sound_that_begins_late_is_late(tmp_path, media, read):
    frames, wave = media.grey_frames(20), np.full(RATE, 0.5)
    path = media.write_clip(
        tmp_path / 'x.mkv', frames, wave=wave, rate=RATE, sound_codec='pcm_s16le', sound_at=0.75
    )
    sound = read(str(path))
    assert np.abs(sound[: round(0.72 * RATE)]).max() < 0.01
    assert sound[round(0.78 * RATE) : round(1.7 * RATE)] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize('read', PICTURES)
def test_a_picture_that_begins_late_is_late(tmp_path, media, read):
    moments = [1.0 + index / FPS for index in range(20)]
    path = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(20), wave=media.tone(3), moments=moments
    )
    assert read(str(path), 1.5).mean() / 10 == pytest.approx(5, abs=0.3)
    assert read(str(path), 0.3).mean() / 10 == pytest.approx(0, abs=0.3)


def test_sound_and_pictures_of_joined_streams_go_on(tmp_path, media):
    parts = []
    for name in ('a', 'b'):  # the second begins at zero again
        part = media.write_clip(
            tmp_path / f'{name}.ts', media.grey_frames(20), wave=media.tone(2, 44100), rate=44100,
            container_format='mpegts',
        )  # fmt: skip
        parts.append(part.read_bytes())
    path = tmp_path / 'x.ts'
    path.write_bytes(b''.join(parts))
    assert len(read_audio(str(path))[0]) / 44100 == pytest.approx(4, abs=0.25)
    with PictureStream(str(path)) as pictures:
        times = [time for time, _ in pictures.frames()]
    assert len(times) == 40
    assert times == sorted(times)
    assert times[-1] == pytest.approx(3.9, abs=0.25)
    out = tmp_path / 'out.mp4'
    with out.open('wb') as file, Mp4Writer(file, (64, 64), Fraction(10), str(path)) as writer:
        for time in times:
            writer.write(time, np.zeros((64, 64, 3), np.uint8))
    assert len(read_audio(str(out))[0]) / 44100 == pytest.approx(4, abs=0.25)


# the converters cut by the packets' durations, which are wrong in such a file
@pytest.mark.parametrize(
    'read', [sound_of_the_dataset, sound_of_the_inferencers, sound_of_windows]
)
@pytest.mark.parametrize('rates', [(44100, 22050), (22050, 44100)])
@pytest.mark.parametrize('container', ['adts', 'mpegts'])
def test_each_frame_is_resampled_from_its_own_rate(tmp_path, read, rates, container):
    files = []
    for rate in rates:
        wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)
        files.append(write_sound(tmp_path / f'{rate}.aac', wave, 'aac', rate, container))
    path = tmp_path / 'x.aac'
    path.write_bytes(b''.join(Path(name).read_bytes() for name in files))
    sound = read(str(path))
    assert len(sound) / RATE == pytest.approx(4, abs=0.25)
    for first in (0.5, 2.7):  # 440 Hz in both parts
        part = sound[round(first * RATE) :][:RATE]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        assert spectrum.argmax() * RATE / len(part) == pytest.approx(440, abs=2)
