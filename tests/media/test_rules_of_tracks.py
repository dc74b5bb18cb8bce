"""Damage, choice of tracks and pixels, on files made for it, through every face."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from mmavl.errors import DataError
from mmavl.media.image import read_image
from mmavl.preparation.converters.cutting import UnusableClip, video_frames, video_seconds

from .faces import (
    PICTURES,
    RATE,
    SOUNDS,
    by_the_dataset,
    sound_of_the_dataset,
)
from .writing import write_pictures

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


def test_the_default_sound_track_is_read(tmp_path, media):
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
    paint = quarters(288, 360)
    path = write_pictures(tmp_path / 'x.mp4', 1, size=(360, 288), ratio=ratio, paint=paint)
    for read in PICTURES:
        image = read(path, 0.3)
        assert image.shape[:2] == shape
        assert names_of_quarters(image) == 'rgbw'  # stretched, not padded or cut


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
