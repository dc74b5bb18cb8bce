"""Each rule of decoding, on files made for it, read as datasets, converters and inferencers do."""

import os
import struct
import subprocess
import sys
import tempfile
import time as clock
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.apis.clips import Clip
from mmavl.apis.pipeline import ClipPipeline
from mmavl.datasets.converters.cutting import ClipSpec, UnusableClip, video_frames, video_seconds
from mmavl.datasets.converters.index import Source
from mmavl.datasets.converters.media import ClipJob, convert_clip
from mmavl.datasets.pseudo_labels.scores import teacher_scores
from mmavl.datasets.transforms import LoadAudio, LoadFrame
from mmavl.detection.frames import ManifestFrames
from mmavl.errors import DataError
from mmavl.media.audio import SoundStream, read_audio
from mmavl.media.image import read_image
from mmavl.media.mp4_writer import Mp4Writer
from mmavl.media.video import PictureStream
from mmavl.utils.autocast import Precision

RATE = 16_000
FPS = 10


def pipeline(seconds=1.0):
    steps = [{'type': 'LoadAudio', 'sample_rate': RATE, 'seconds': seconds}]
    return ClipPipeline({'test_dataloader': {'dataset': {'pipeline': steps}}}, 2)


# ---------------------------------------------------------------- faces that read pictures


def by_the_dataset(path, time):
    return LoadFrame()({'video': path, 'time': time})['image']


def by_the_converters(path, time):
    return next(video_frames(path, [time], 10_000), None)


def by_the_detector(path, time):
    folder, name = os.path.split(path)
    entry = {'clip_id': 'x', 'video': name, 'fps': FPS, 'duration': time + 1}
    return ManifestFrames([entry], folder)[round(time * FPS)]


def by_the_inferencers(path, time):
    return next(pipeline().pictures(path, [time]))


class Witness:
    """A teacher that keeps what it is shown."""

    seen = None
    labels, precision = ['x'], Precision.choose('float32', 'cpu')

    def __init__(self, folder, modality):
        self.modality, self.sample_rate = modality, RATE
        self.weights = Path(folder, 'weights')
        self.weights.touch()

    def __call__(self, pieces):
        self.seen = pieces[0]
        return np.zeros((len(pieces), 1), np.float32)

    def label(self, path, entry):
        folder = os.path.dirname(path)
        scores = Path(tempfile.mkdtemp(dir=folder), 'scores')
        teacher_scores(self, {}, [entry], folder, scores, workers=0)
        if self.seen is None:  # what cannot be read is nan
            raise DataError(f'{path} was not read')
        return self.seen


def by_the_teachers(path, time):
    folder, name = os.path.split(path)
    entry = {'clip_id': 'x', 'video': name, 'fps': FPS, 'duration': 2 * time + 1 / FPS}
    teacher = Witness(folder, 'visual')
    return teacher.label(path, entry)


PICTURES = [
    by_the_dataset,
    by_the_converters,
    by_the_detector,
    by_the_inferencers,
    by_the_teachers,
]


# ------------------------------------------------------------------- faces that read sound


def sound_of_the_dataset(path):
    return LoadAudio(RATE)({'audio_path': path})['waveform']


def sound_of_the_converters(path):
    folder, name = os.path.split(path)
    source = Source(audio=path, images=[f'{folder}/still.jpg'])
    Image.new('RGB', (32, 32)).save(source.images[0])
    job = ClipJob(f'{name}.clip', 'clips', source, 0.0)
    with_all = ClipSpec(None, None, sample_rate=RATE)
    outcome = convert_clip(job, Path(folder), with_all)
    assert not outcome.cause, outcome.detail
    return soundfile.read(f'{folder}/{job.key}.wav')[0]


def sound_of_the_inferencers(path):
    return pipeline().load(Clip('x', np.zeros((8, 8, 3), np.uint8), path), whole=True)['waveform']


def sound_of_windows(path):
    length = SoundStream.length_of(path)
    with SoundStream(path, RATE, seconds=length + 1) as sound:
        return sound.around(0.0)[1]


def sound_of_the_teachers(path):
    folder, name = os.path.split(path)
    teacher = Witness(folder, 'audio')
    entry = {'clip_id': 'x', 'audio': name, 'duration': 0.1}
    return teacher.label(path, entry)


SOUNDS = [
    sound_of_the_dataset,
    sound_of_the_teachers,
    sound_of_the_converters,
    sound_of_the_inferencers,
    sound_of_windows,
]


# ------------------------------------------------------------------------- making media


def grey(index):
    return 20 + round(1.6 * index)


def write_pictures(
    path, seconds=12, gop=10, b_frames=0, container=None, size=(64, 64), ratio=None, paint=None
):
    """Frame n, at n / 10 s, is grey 20 + 1.6 n, or what ``paint`` gives, [H, W, 3]."""
    with av.open(str(path), 'w', format=container) as out:
        track = out.add_stream('libx264', rate=FPS)
        track.width, track.height, track.pix_fmt = *size, 'yuv420p'
        track.options = {'g': str(gop), 'bf': str(b_frames), 'sc_threshold': '0', 'qp': '4'}
        if ratio:
            track.codec_context.sample_aspect_ratio = ratio
        for index in range(round(seconds * FPS)):
            grey_pixels = np.full((size[1], size[0], 3), grey(index), np.uint8)
            pixels = grey_pixels if paint is None else paint
            frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
            frame.pts = index
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return str(path)


def index_of(image):
    return (image[20:40, 20:40].mean() - 20) / 1.6


def write_sound(path, wave, codec, rate=44100, container=None, options=None, quality=None):
    with av.open(str(path), 'w', format=container, container_options=options or {}) as out:
        track = out.add_stream(codec, rate=rate, layout='mono')
        if quality is not None:
            track.codec_context.qscale = True
            track.codec_context.global_quality = quality
        size = track.codec_context.frame_size if codec != 'libopus' else 960
        for first in range(0, len(wave), size := size or 1024):
            piece = np.ascontiguousarray(wave[None, first : first + size], np.float32)
            frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout='mono')
            frame.sample_rate, frame.pts = rate, first
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return str(path)


def noise(seconds, rate=44100, gain=0.5):
    return np.random.default_rng(0).uniform(-gain, gain, round(seconds * rate))


# ------------------------------------------------------------------- seeking and lengths


@pytest.mark.parametrize('read', PICTURES)
@pytest.mark.parametrize(('gop', 'b_frames'), [(10, 3), (40, 0), (250, 3)])
@pytest.mark.parametrize('suffix', ['ts', 'mts'])
def test_a_seek_that_lands_late_is_repeated_further_back(tmp_path, read, gop, b_frames, suffix):
    path = write_pictures(tmp_path / f'x.{suffix}', 12, gop, b_frames, 'mpegts')
    for time in (0.0, 1.0, 6.0, 11.0):
        assert index_of(read(path, time)) == pytest.approx(10 * time, abs=1.2)


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
def test_each_frame_is_resampled_from_its_own_rate(tmp_path, read):
    files = []
    for rate in (44100, 22050):
        wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)
        files.append(write_sound(tmp_path / f'{rate}.aac', wave, 'aac', rate, 'adts'))
    path = tmp_path / 'x.aac'
    path.write_bytes(b''.join(Path(name).read_bytes() for name in files))
    sound = read(str(path))
    assert len(sound) / RATE == pytest.approx(4, abs=0.25)
    for first in (0.5, 2.7):  # 440 Hz in both parts
        part = sound[round(first * RATE) :][:RATE]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        assert spectrum.argmax() * RATE / len(part) == pytest.approx(440, abs=2)


# ------------------------------------------------------------------------------- damage


def damaged(path, target, every):
    """Overwrite the middle of some of a video's packets."""
    places = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size and packet.pos is not None:
                places.append((packet.pos, packet.size))
    data = bytearray(path.read_bytes())
    for position, size in places[3::every]:
        data[position : position + size] = b'\xff' * size
    target.write_bytes(data)
    return str(target)


@pytest.mark.parametrize('read', PICTURES)
def test_a_damaged_packet_costs_its_own_frame(tmp_path, media, read):
    whole = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(20))
    path = damaged(whole, tmp_path / 'damaged.mp4', 100)
    assert read(path, 1.5).mean() / 10 == pytest.approx(15, abs=0.4)


def test_a_video_that_is_damaged_throughout_is_refused(tmp_path, media):
    whole = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(20))
    path = damaged(whole, tmp_path / 'damaged.mp4', 2)
    with pytest.raises(
        DataError, match=r'damaged.mp4 is damaged: \d+ of \d+ packets of its video'
    ):
        [*video_frames(path, [0.0, 1.9], 64)]


# --------------------------------------------------------------------- tracks and pictures


def test_the_default_sound_is_heard(tmp_path, media):
    path = tmp_path / 'x.mp4'
    with av.open(str(path), 'w') as out:
        tracks = [out.add_stream('aac', rate=RATE, layout='mono') for _ in range(2)]
        tracks[0].disposition, tracks[1].disposition = 0, av.stream.Disposition.default
        for track, gain in zip(tracks, (0.0, 0.5)):
            wave = media.tone(2, RATE, gain).astype(np.float32)
            for first in range(0, len(wave), 1024):
                piece = np.ascontiguousarray(wave[None, first : first + 1024])
                frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout='mono')
                frame.sample_rate, frame.pts = RATE, first
                out.mux(track.encode(frame))
            out.mux(track.encode(None))
    for read in SOUNDS:
        assert np.abs(read(str(path))[RATE // 2 : RATE]).max() == pytest.approx(0.5, abs=0.05)


def test_cover_art_is_not_a_video(tmp_path, media):
    cover = tmp_path / 'cover.png'
    Image.new('RGB', (64, 64)).save(cover)
    path = tmp_path / 'x.m4a'
    with av.open(str(path), 'w', format='mp4') as out, av.open(str(cover)) as picture:
        sound = out.add_stream('aac', rate=RATE, layout='mono')
        art = out.add_stream_from_template(picture.streams.video[0])
        art.disposition = av.stream.Disposition.attached_pic
        packet = next(picture.demux(video=0))
        packet.stream = art
        out.mux(packet)
        wave = media.tone(2, RATE).astype(np.float32)
        for first in range(0, len(wave), 1024):
            piece = np.ascontiguousarray(wave[None, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(piece, format='fltp', layout='mono')
            frame.sample_rate, frame.pts = RATE, first
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    with pytest.raises(DataError, match='has no picture track'):
        by_the_dataset(str(path), 0.0)
    with pytest.raises(UnusableClip, match='no video track'):
        video_seconds(str(path))
    assert len(sound_of_the_dataset(str(path))) == pytest.approx(2 * RATE, abs=RATE // 5)


def quarters(height=48, width=64):
    """Red and green above, blue and white below."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2, 0] = 220
    image[: height // 2, width // 2 :, 1] = 220
    image[height // 2 :, : width // 2, 2] = 220
    image[height // 2 :, width // 2 :] = 220
    return image


def names_of_quarters(image):
    height, width = image.shape[:2]
    colours = {(1, 0, 0): 'r', (0, 1, 0): 'g', (0, 0, 1): 'b', (1, 1, 1): 'w'}
    centres = [(y, x) for y in (1, 3) for x in (1, 3)]
    points = [image[y * height // 4, x * width // 4] for y, x in centres]
    return ''.join(colours[tuple(int(v > 110) for v in point)] for point in points)


#: Display matrices (a, b, c, d), and what stands where: top left, top right, bottom left, right.
MATRICES = {
    (1, 0, 0, 1): 'rgbw',
    (0, 1, -1, 0): 'brwg',  # turned clockwise
    (-1, 0, 0, -1): 'wbgr',
    (0, -1, 1, 0): 'gwrb',  # turned counterclockwise
    (-1, 0, 0, 1): 'grwb',  # a selfie: left and right swapped
    (1, 0, 0, -1): 'bwrg',
    (0, 1, 1, 0): 'rbgw',  # along the diagonals
    (0, -1, -1, 0): 'wgbr',
}


@pytest.mark.parametrize('matrix', MATRICES)
def test_the_display_matrix_turns_and_mirrors(tmp_path, matrix):
    path = tmp_path / 'x.mp4'
    write_pictures(path, 1, size=(64, 48), paint=quarters())
    data = bytearray(path.read_bytes())
    identity = struct.pack('>9i', 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    a, b, c, d = (value << 16 for value in matrix)
    at = data.index(identity, data.index(b'tkhd'))
    data[at : at + 36] = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    for read in PICTURES:
        image = read(str(path), 0.3)
        assert image.shape == ((48, 64, 3) if matrix[0] else (64, 48, 3))
        assert names_of_quarters(image) == MATRICES[matrix]


@pytest.mark.parametrize(
    ('ratio', 'shape'), [(Fraction(64, 45), (288, 512)), (Fraction(1, 2), (576, 360))]
)
def test_pixels_are_square(tmp_path, ratio, shape):
    path = write_pictures(tmp_path / 'x.mp4', 1, size=(360, 288), ratio=ratio)
    for read in PICTURES:
        assert read(path, 0.3).shape[:2] == shape


@pytest.mark.parametrize('suffix', ['png', 'tiff'])
@pytest.mark.parametrize(
    ('kind', 'white'), [(np.uint16, 65535), (np.int32, 65535), (np.float32, 1), (np.float32, 255)]
)
def test_deep_pictures_are_scaled_to_eight_bits(tmp_path, suffix, kind, white):
    if suffix == 'png' and kind is not np.uint16:
        pytest.skip('PNG holds 16 bits')
    ramp = np.tile(np.linspace(0, white, 256), (4, 1)).astype(kind)
    Image.fromarray(ramp).save(tmp_path / f'x.{suffix}')
    image = read_image(str(tmp_path / f'x.{suffix}'))
    if white == 255:  # floats of 8 bits' range are 8 bits
        assert np.abs(image[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert np.unique(image).size > 200
    assert (image.min(), image.max()) == (0, 255)


def test_what_is_transparent_lies_on_white(tmp_path):
    pixels = np.zeros((4, 8, 4), np.uint8)
    pixels[:, 4:] = 200, 10, 10, 255
    Image.fromarray(pixels).save(tmp_path / 'x.png')
    image = read_image(str(tmp_path / 'x.png'))
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 6].tolist() == [200, 10, 10]


# ------------------------------------------------------------------------ hostile files


PLAYLISTS = {
    'hls.m3u8': '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n',
    'hls.mp4': '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n',
    'live.ts': '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nlive.ts\n',
    'concat.mp4': 'ffconcat version 1.0\nfile {}\n',
    'concat.wav': 'ffconcat version 1.0\nfile {}\n',
    'dash.mp4': '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
    '<AdaptationSet><Representation><BaseURL>{}</BaseURL></Representation></AdaptationSet>'
    '</Period></MPD>',
    'stream.sdp': 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n'
    'm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
}


@pytest.mark.parametrize('name', PLAYLISTS)
def test_a_playlist_opens_nothing(tmp_path, media, name):
    neighbour = media.write_clip(tmp_path / 'neighbour.mp4', media.grey_frames(5))
    path = tmp_path / name
    path.write_text(PLAYLISTS[name].format(neighbour.name))
    begin = clock.monotonic()
    for read in (*PICTURES, *(lambda p, t, read=read: read(p) for read in SOUNDS)):
        with pytest.raises((DataError, AssertionError), match=name):
            read(str(path), 0.0)
    assert clock.monotonic() - begin < 5


@pytest.mark.parametrize('name', [b'caf\xe9.mp4', b'a:b.mp4', b'%03d.mp4', b'-i.mp4', b'a\nb.mp4'])
def test_a_file_may_have_any_name(tmp_path, media, name):
    whole = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(10), wave=media.tone(1))
    path = os.fsdecode(os.fsencode(tmp_path) + b'/' + name)
    os.rename(whole, path)
    for read in PICTURES:
        assert read(path, 0.5).mean() / 10 == pytest.approx(5, abs=0.3)
    for read in (sound_of_the_dataset, sound_of_the_inferencers, sound_of_windows):
        assert len(read(path)) == pytest.approx(RATE, abs=RATE // 4)


@pytest.mark.parametrize('suffix', ['wav', 'flac', 'ogg'])
def test_a_sound_may_have_any_name(tmp_path, suffix):
    path = os.fsdecode(os.fsencode(tmp_path) + b'/caf\xe9: x.' + suffix.encode())
    soundfile.write(os.fsencode(path), noise(1), 44100, format=suffix.upper())
    assert len(read_audio(path)[0]) == 44100


def test_a_pipe_or_device_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'x.mp4')
    for read in (by_the_dataset, lambda p, _: read_audio(p), lambda p, _: read_image(p)):
        with pytest.raises(DataError, match='is not a regular file'):
            read(str(tmp_path / 'x.mp4'), 0.0)


@pytest.mark.parametrize('path', ['a\0b.mp4', 'n' * 300 + '.mp4', '', 'x.mp4/y.mp4'])
def test_a_name_that_cannot_be_is_a_data_error(path):
    for read in (by_the_dataset, lambda p, _: read_audio(p), lambda p, _: read_image(p)):
        with pytest.raises(DataError):
            read(path, 0.0)


@pytest.mark.parametrize('rate', [1, 2_000_000_000])
def test_a_rate_that_sound_cannot_have_is_refused(tmp_path, rate):
    path = tmp_path / 'x.wav'
    soundfile.write(path, noise(1), 44100, subtype='PCM_16')
    data = bytearray(path.read_bytes())
    data[24:28] = struct.pack('<I', rate)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r'x.wav'):
        read_audio(str(path), RATE)


BOMBS = """
import resource, sys
import numpy as np
from mmavl.errors import DataError
from mmavl.media.audio import read_audio
from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame
resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))
kind, path = sys.argv[1:]
read = {'png': read_image, 'flac': read_audio, 'mp4': lambda p: read_video_frame(p, 0.0)}[kind]
try:
    read(path)
except DataError as error:
    print('refused:', error)
"""


def test_bombs_are_refused_before_they_unfold(tmp_path):
    Image.new('L', (12_000, 12_000)).save(tmp_path / 'x.png')  # 144 megapixels in some kilobytes
    with soundfile.SoundFile(tmp_path / 'x.flac', 'w', 8000, 2) as file:
        for _ in range(4):  # silence
            file.write(np.zeros((600 * 8000, 2), np.int16))
    for kind, reason in (('png', 'megapixels'), ('flac', 'of sound or more')):
        path = tmp_path / f'x.{kind}'
        assert path.stat().st_size < 2_000_000
        command = [sys.executable, '-c', BOMBS, kind, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.stdout.startswith('refused:'), done.stderr[-500:]
        assert reason in done.stdout
