from fractions import Fraction

import av
import numpy as np
import pytest

from mmavl.media import media_file
from mmavl.media.media_file import MediaFile, opened
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream

from .writing import write_pictures

FORMATS = {
    'mp4': ('aac', None),
    'mov': ('pcm_s16le', None),
    'mkv': ('pcm_f32le', None),
    'ts': ('aac', 'mpegts'),
    'avi': ('mp3', None),
}


def write(path, media, frames=20, seconds=2.0, **options):
    codec, container = FORMATS[path.suffix[1:]]
    if codec == 'mp3' and 'libmp3lame' not in av.codecs_available:
        pytest.skip('FFmpeg is built without libmp3lame')
    return str(
        media.write_clip(
            path, media.grey_frames(frames), wave=media.tone(seconds, 16_000), rate=16_000,
            sound_codec=codec, container_format=container, **options,
        )
    )  # fmt: skip


def pictures_of(source):
    with PictureStream(source) as pictures:
        return [(time, round(pictures.picture(f).mean() / 10)) for time, f in pictures.frames()]


def same_sound(found, expected):
    """But for the noise that a decoder of AAC makes up, which goes on where it was."""
    return len(found) == len(expected) and np.allclose(found, expected, rtol=0, atol=5e-3)


def sound_of(source):
    with SoundStream(source) as sound:
        return np.concatenate([piece for _, piece in sound.pieces()])


@pytest.mark.parametrize('suffix', FORMATS)
def test_one_pass_gives_pictures_and_sound_of_their_own(tmp_path, media, suffix, opens):
    path = write(tmp_path / f'x.{suffix}', media)
    expected = pictures_of(path), sound_of(path)
    opens.clear()
    with MediaFile(path) as file, SoundStream(file) as sound, PictureStream(file) as pictures:
        steps = iter(sound.pieces())
        wave = [next(steps)[1]]
        frames = [(t, round(pictures.picture(f).mean() / 10)) for t, f in pictures.frames()]
        wave += [piece for _, piece in steps]
    assert frames == expected[0]
    assert np.array_equal(np.concatenate(wave), expected[1])
    assert opens == [path]


@pytest.mark.parametrize('suffix', FORMATS)
@pytest.mark.parametrize('late', [0.0, 0.5])
def test_a_file_is_read_from_its_beginning_again(tmp_path, media, suffix, late, opens):
    path = write(tmp_path / f'x.{suffix}', media, sound_at=late)
    expected = pictures_of(path), sound_of(path)
    opens.clear()
    with MediaFile(path) as file:
        for _ in range(2):
            assert pictures_of(file) == expected[0]
            assert same_sound(sound_of(file), expected[1])
            with PictureStream(file) as pictures:
                assert pictures.length() == pytest.approx(2, abs=0.15)
                assert next(pictures.at([1.55]))[0] == 1.55
    if suffix in ('mp4', 'mov'):
        assert opens == [path]


def test_a_fragmented_mp4_is_read_from_its_beginning_again(tmp_path, media):
    whole = write(tmp_path / 'x.mp4', media)
    path = str(tmp_path / 'fragments.mp4')
    flags = {'movflags': 'frag_keyframe+empty_moov'}
    with av.open(whole) as source, av.open(path, 'w', container_options=flags) as out:
        copies = {t: out.add_stream_from_template(t) for t in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream]
                out.mux(packet)
    expected = pictures_of(path), sound_of(path)
    with MediaFile(path) as file:
        for _ in range(2):
            assert pictures_of(file) == expected[0]
            assert same_sound(sound_of(file), expected[1])


def test_frames_that_refer_to_later_ones_come_again_in_order(tmp_path):
    path = write_pictures(tmp_path / 'x.mp4', seconds=3, b_frames=2)
    with MediaFile(path) as file:
        first, again = pictures_of(file), pictures_of(file)
    assert first == again
    assert [time for time, _ in again] == pytest.approx([n / 10 for n in range(30)])


def test_a_track_that_goes_elsewhere_leaves_the_other_one_where_it_is(tmp_path, media, opens):
    path = write(tmp_path / 'x.mp4', media)
    with MediaFile(path) as file, PictureStream(file) as pictures:
        frames = pictures.frames()
        begun = [next(frames)[0] for _ in range(5)]
        late = sound_of(file)  # joins too late for this pass
        with SoundStream(file, 16_000, 0.5, 1.5) as sound:
            start, window = sound.around(1.5)
        times = begun + [time for time, _ in frames]
    assert times == pytest.approx([n / 10 for n in range(20)])
    assert len(late) == pytest.approx(32_000, abs=2000)
    assert (start, len(window)) == (1.25, 8000)
    assert opens == [path] * 3


def test_two_streams_of_pictures_read_a_file_each(tmp_path, media, opens):
    path = write(tmp_path / 'x.mp4', media)
    with MediaFile(path) as file, PictureStream(file) as one, PictureStream(file) as two:
        pairs = [(a, b) for (a, _), (b, _) in zip(one.frames(), two.frames())]
    assert len(pairs) == 20
    assert all(a == b for a, b in pairs)
    assert opens == [path] * 2


def test_packets_that_wait_do_not_fill_the_memory(tmp_path, media, monkeypatch, opens):
    path = write(tmp_path / 'x.mkv', media)
    expected = pictures_of(path), sound_of(path)
    monkeypatch.setattr(media_file, '_MOST_HELD', 3000)
    opens.clear()
    with MediaFile(path) as file, SoundStream(file) as sound, PictureStream(file) as pictures:
        frames = [(t, round(pictures.picture(f).mean() / 10)) for t, f in pictures.frames()]
        held = sum(packet.size for packet in file._waiting['audio'])
        wave = np.concatenate([piece for _, piece in sound.pieces()])
    assert frames == expected[0]
    assert np.array_equal(wave, expected[1])
    assert held < 3000 + 2 * 4096  # 2 s are 128 kB
    assert opens == [path] * 2


def test_lengths_are_measured_once(tmp_path, media, opens):
    path = write(tmp_path / 'x.mp4', media, frames=30, seconds=2.0)
    with MediaFile(path) as file:
        for kind, stream, seconds in (('video', PictureStream, 3.0), ('audio', SoundStream, 2.0)):
            for _ in range(2):
                with stream(file) as track:
                    assert track.length() == file.lengths[kind]
                    assert track.length() == pytest.approx(seconds, abs=0.1)
    assert opens == [path]


def test_what_is_open_stays_open(tmp_path, media):
    path = write(tmp_path / 'x.mp4', media)
    with MediaFile(path) as file:
        with opened(file) as same:
            assert same is file
        assert len(pictures_of(file)) == 20
    with opened(path) as other:
        assert other.tracks['video'].average_rate == Fraction(10)
