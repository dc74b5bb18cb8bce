import wave as wave_module
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from mmavl.errors import DataError
from mmavl.media import sound_stream
from mmavl.media.audio import read_audio

CLIPS = Path(__file__).parents[3] / 'shared/data/clips'


def sine(rate=22050, seconds=1.0, frequency=440.0, gain=0.5):
    return gain * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def error(left, right):
    """Greatest difference, away from the ends, where codecs and resamplers fade."""
    assert abs(len(left) - len(right)) <= 1
    inner = slice(2000, min(len(left), len(right)) - 2000)
    return np.abs(left[inner] - right[inner]).max()


@pytest.mark.parametrize(
    ('name', 'subtype', 'tolerance'),
    [
        ('x.wav', 'PCM_16', 1e-4),
        ('x.wav', 'PCM_U8', 1e-2),
        ('x.wav', 'PCM_24', 1e-6),
        ('x.wav', 'FLOAT', 1e-7),
        ('x.wav', 'DOUBLE', 1e-7),
        ('x.flac', 'PCM_16', 1e-4),
        ('x.ogg', 'VORBIS', 0.05),
        ('x.mp3', 'MPEG_LAYER_III', 0.05),
    ],
)
def test_every_sample_format_is_brought_to_full_scale_one(tmp_path, name, subtype, tolerance):
    soundfile.write(tmp_path / name, sine(), 22050, subtype=subtype)
    wave, rate = read_audio(str(tmp_path / name))
    assert (wave.dtype, wave.ndim, rate) == (np.float32, 1, 22050)
    assert error(wave, sine()) < tolerance


def test_eight_bit_silence_is_zero(tmp_path):
    with wave_module.open(str(tmp_path / 'x.wav'), 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b'\x80' * 4000 + b'\xff' * 4000)
    wave, _ = read_audio(str(tmp_path / 'x.wav'))
    assert wave[:4000].tolist() == [0] * 4000
    assert wave[-1] == pytest.approx(127 / 128)


def test_stereo_is_averaged(tmp_path):
    stereo = np.stack([sine(), 0.5 * sine()], axis=1)
    soundfile.write(tmp_path / 'x.wav', stereo, 22050, subtype='FLOAT')
    wave, _ = read_audio(str(tmp_path / 'x.wav'))
    assert error(wave, 0.75 * sine()) < 1e-6


@pytest.mark.parametrize('rate', [8000, 11025, 44100, 48000])
def test_any_rate_is_resampled_to_the_one_asked_for(tmp_path, rate):
    soundfile.write(tmp_path / 'x.wav', sine(rate), rate, subtype='FLOAT')
    wave, got = read_audio(str(tmp_path / 'x.wav'), sample_rate=22050)
    assert (len(wave), got) == (22050, 22050)
    assert error(wave, sine(22050)) < 1e-3


def write_aac(path, wave, rate, layout='mono'):
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('aac', rate=rate, layout=layout)
        stream.bit_rate = 192_000
        samples = np.tile(wave.astype(np.float32), (stream.channels, 1))
        for first in range(0, len(wave), 1024):
            piece = np.ascontiguousarray(samples[:, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout=layout)
            frame.sample_rate, frame.pts = rate, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize('layout', ['mono', 'stereo'])
def test_a_videos_track_is_decoded_averaged_and_resampled(tmp_path, layout):
    write_aac(tmp_path / 'x.mp4', sine(44100), 44100, layout)
    wave, rate = read_audio(str(tmp_path / 'x.mp4'), sample_rate=22050)
    assert rate == 22050
    assert error(wave[:20000], sine()[:20000]) < 0.02


@pytest.mark.parametrize('name', ['x.wav', 'x.flac', 'x.ogg', 'x.mp3', 'x.mp4'])
def test_the_part_asked_for_is_the_part_that_is_read(tmp_path, name):
    chirp = np.sin(2 * np.pi * (300 + 100 * np.arange(88200) / 22050) * np.arange(88200) / 22050)
    if name == 'x.mp4':
        write_aac(tmp_path / name, chirp, 22050)
    else:
        soundfile.write(tmp_path / name, chirp, 22050)
    whole, _ = read_audio(str(tmp_path / name))
    asked = []
    part, _ = read_audio(
        str(tmp_path / name), seconds=1.0, start=lambda *seconds: asked.append(seconds) or 2.0
    )
    assert asked == [(pytest.approx(len(whole) / 22050, abs=0.05), 1.0)]
    assert len(part) == 22050
    assert np.abs(part - whole[44100 : 44100 + 22050]).max() < 1e-3


def test_a_part_never_reaches_over_the_end(tmp_path):
    soundfile.write(tmp_path / 'x.wav', sine(), 22050, subtype='FLOAT')
    part, _ = read_audio(str(tmp_path / 'x.wav'), seconds=0.5, start=lambda length, wanted: 9.0)
    assert np.abs(part - sine()[-11025:]).max() < 1e-6


def test_a_huge_file_is_read_in_part_and_refused_whole(tmp_path):
    path = str(tmp_path / 'x.wav')
    soundfile.write(path, np.zeros(700 * 1000), 1000, subtype='PCM_U8')
    with pytest.raises(DataError, match=r'x.wav has 600 s.*LoadAudio\(seconds='):
        read_audio(path)
    assert len(read_audio(path, seconds=5)[0]) == 5000
    assert len(read_audio(path, seconds=float('inf'))[0]) == 700_000


@pytest.mark.parametrize('name', ['x.wav', 'x.mp4'])
def test_a_huge_track_is_decoded_only_where_needed(tmp_path, monkeypatch, name):
    if name == 'x.mp4':
        write_aac(tmp_path / name, sine(8000, 60), 8000)
    else:
        soundfile.write(tmp_path / name, sine(8000, 60), 8000)
    frames, mono = [], sound_stream._mono
    monkeypatch.setattr(sound_stream, '_mono', lambda frame: frames.append(frame) or mono(frame))
    read_audio(str(tmp_path / name), seconds=1, start=lambda length, wanted: 30.0)
    assert sum(frame.samples for frame in frames) < 18_000


@pytest.fixture(scope='module')
def bad_sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp('bad')
    (folder / 'empty.wav').write_bytes(b'')
    (folder / 'mislabelled.wav').write_text('<html>404 Not Found</html>' * 50)
    soundfile.write(folder / 'zero_length.wav', np.zeros(0), 22050)
    soundfile.write(folder / 'nan.wav', np.array([0, np.nan, 0]), 22050, subtype='FLOAT')
    soundfile.write(folder / 'unscaled.wav', 32767 * sine(), 22050, subtype='FLOAT')
    noise = np.random.default_rng(0).uniform(-1, 1, 5 * 22050)
    write_aac(folder / 'whole.mp4', noise, 22050)
    for name in ('mp4',):
        data = (folder / f'whole.{name}').read_bytes()
        (folder / f'truncated.{name}').write_bytes(data[: len(data) // 2])
    return folder


@pytest.mark.parametrize(
    ('name', 'reason'),
    [
        ('missing.wav', 'is missing: check data_root'),
        ('empty.wav', 'is an empty file'),
        ('zero_length.wav', 'holds no sound'),
        ('mislabelled.wav', 'not the kind of file its name says'),
        ('truncated.mp4', 'truncated'),
        ('nan.wav', 'nan or inf'),
        ('unscaled.wav', r'up to 1.638e\+04 where \[-1, 1\]'),
    ],
)
def test_a_bad_sound_is_named_with_its_reason(bad_sounds, name, reason):
    with pytest.raises(DataError, match=reason) as raised:
        read_audio(str(bad_sounds / name))
    assert str(bad_sounds / name) in str(raised.value)


@pytest.mark.parametrize('name', ['x.wav', 'x.ogg'])
def test_a_file_cut_cleanly_is_unmasked_by_the_manifests_duration(tmp_path, name):
    noise = np.random.default_rng(0).uniform(-1, 1, 5 * 22050)
    soundfile.write(tmp_path / name, noise, 22050)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=rf'{name} is truncated: 2.\d\d s of the 5.00 s in the'):
        read_audio(str(tmp_path / name), expected=5.0)


def test_an_mp4_named_wav_is_read_all_the_same(tmp_path):
    write_aac(tmp_path / 'x.mp4', sine(), 22050)
    (tmp_path / 'x.mp4').rename(tmp_path / 'x.wav')
    wave, _ = read_audio(str(tmp_path / 'x.wav'))
    assert error(wave[:20000], sine()[:20000]) < 0.02


def test_a_video_without_a_track_is_named(tmp_path):
    with av.open(str(tmp_path / 'mute.mp4'), 'w') as container:
        stream = container.add_stream('mpeg4', rate=10)
        stream.height, stream.width = 32, 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format='rgb24')
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(DataError, match=r'mute.mp4 has no sound track'):
        read_audio(str(tmp_path / 'mute.mp4'))


def test_silence_loads(tmp_path):
    soundfile.write(tmp_path / 'x.wav', np.zeros(100), 22050)
    assert read_audio(str(tmp_path / 'x.wav'))[0].tolist() == [0] * 100


@pytest.mark.skipif(not CLIPS.is_dir(), reason='needs the real clips in ../shared/data/clips')
@pytest.mark.parametrize(('name', 'rate'), [('drum', 22050), ('baby_crying', 44100)])
def test_the_track_of_a_real_clip_is_read_whole_and_in_part(name, rate):
    path = str(CLIPS / f'{name}.mp4')
    whole, got = read_audio(path, expected=10.0)
    assert got == rate
    assert len(whole) / rate == pytest.approx(10.0, abs=0.05)
    assert 0.05 < np.abs(whole).max() <= 1.5
    part, _ = read_audio(path, seconds=1, start=lambda length, wanted: 4.0)
    assert np.abs(part - whole[4 * rate : 5 * rate]).max() < 1e-3
