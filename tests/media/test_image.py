import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mmavl.errors import DataError
from mmavl.media.image import read_image, read_image_size, resized
from mmavl.media.video import read_video_frame

CLIPS = Path(__file__).parents[3] / 'shared/data/clips'


def write_video(path, seconds=2, fps=10, size=(32, 48)):
    """Frame i is grey 10 * i."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=fps)
        stream.height, stream.width = size
        stream.bit_rate = 4_000_000
        for index in range(seconds * fps):
            image = np.full((*size, 3), 10 * index, np.uint8)
            image[:8, :8] = 255 - 10 * index
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
        container.mux(stream.encode())


def test_an_image_is_read_as_rgb(tmp_path):
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 200
    Image.fromarray(red).save(tmp_path / 'red.png')
    assert np.array_equal(read_image(str(tmp_path / 'red.png')), red)


@pytest.mark.parametrize('mode', ['L', 'P', 'RGBA', 'CMYK'])
def test_any_colour_mode_becomes_three_channels(tmp_path, mode):
    suffix = 'tif' if mode == 'CMYK' else 'png'
    Image.new('RGB', (6, 4), (102, 102, 102)).convert(mode).save(tmp_path / f'x.{suffix}')
    image = read_image(str(tmp_path / f'x.{suffix}'))
    assert image.shape == (4, 6, 3)
    assert np.abs(image.astype(int) - 102).max() <= 1


def test_a_picture_taken_with_the_camera_turned_stands_upright(tmp_path):
    image = np.zeros((4, 6, 3), np.uint8)
    image[0] = 255  # the sensor's first row is the scene's right-hand side
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(image).save(tmp_path / 'x.png', exif=exif)
    upright = read_image(str(tmp_path / 'x.png'))
    assert upright.shape == (6, 4, 3)
    assert upright[:, -1].min() == 255
    assert upright[:, :-1].max() == 0


@pytest.mark.parametrize('suffix', ['jpg', 'png', 'tif', 'webp'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_a_size_is_that_of_the_upright_picture(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = str(tmp_path / f'x.{suffix}')
    Image.new('RGB', (6, 4)).save(path, exif=exif)
    height, width = read_image(path).shape[:2]
    assert read_image_size(path) == (width, height)


def test_the_size_of_no_image_is_refused(tmp_path):
    (tmp_path / 'x.jpg').write_bytes(b'no image')
    with pytest.raises(DataError, match=r'x\.jpg cannot be read as an image'):
        read_image_size(str(tmp_path / 'x.jpg'))


def bad_images(folder):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for suffix in ('jpg', 'png'):
        Image.fromarray(noise).save(folder / f'whole.{suffix}')
        data = (folder / f'whole.{suffix}').read_bytes()
        (folder / f'truncated.{suffix}').write_bytes(data[: len(data) // 2])
    (folder / 'empty.jpg').write_bytes(b'')
    (folder / 'mislabelled.jpg').write_text('<html>404 Not Found</html>')
    header = struct.pack('>IIBBBBB', 40_000, 40_000, 8, 2, 0, 0, 0)
    chunk = struct.pack('>I', 13) + b'IHDR' + header
    chunk += struct.pack('>I', zlib.crc32(b'IHDR' + header))
    idat = struct.pack('>I', 0) + b'IDAT' + struct.pack('>I', zlib.crc32(b'IDAT'))
    (folder / 'huge.png').write_bytes(b'\x89PNG\r\n\x1a\n' + chunk + idat)


@pytest.mark.parametrize(
    ('name', 'reason'),
    [
        ('missing.jpg', 'is missing: check data_root'),
        ('empty.jpg', 'is an empty file'),
        ('truncated.jpg', 'truncated'),
        ('truncated.png', 'truncated'),
        ('mislabelled.jpg', 'cannot identify'),
        ('huge.png', 'exceeds limit|megapixels are read'),
    ],
)
def test_a_bad_image_is_named_with_its_reason(tmp_path, name, reason):
    bad_images(tmp_path)
    with pytest.raises(DataError, match=reason) as error:
        read_image(str(tmp_path / name))
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize(('time', 'index'), [(0, 0), (0.1, 1), (0.65, 6), (1.3, 13), (1.95, 19)])
def test_the_frame_shown_at_a_time_is_found(tmp_path, time, index):
    write_video(tmp_path / 'x.mp4')
    frame = read_video_frame(str(tmp_path / 'x.mp4'), time)
    assert frame.shape == (32, 48, 3)
    assert frame[20:, 20:].mean() == pytest.approx(10 * index, abs=3)


def test_a_video_filmed_with_the_camera_turned_stands_upright(tmp_path):
    write_video(tmp_path / 'x.mp4')
    data = bytearray((tmp_path / 'x.mp4').read_bytes())
    identity = struct.pack('>9i', 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    clockwise = struct.pack('>9i', 0, 1 << 16, 0, -(1 << 16), 0, 0, 32 << 16, 0, 1 << 30)
    track = data.index(identity, data.index(b'tkhd'))
    data[track : track + 36] = clockwise
    (tmp_path / 'turned.mp4').write_bytes(data)
    frame = read_video_frame(str(tmp_path / 'turned.mp4'), 0)
    assert frame.shape == (48, 32, 3)
    # The bright corner, top left on the sensor, is top right in a picture turned clockwise.
    assert frame[:6, -6:].mean() > 200
    assert frame[:6, :6].mean() < 50


def test_the_end_of_a_video_is_its_last_frame_and_beyond_is_an_error(tmp_path):
    write_video(tmp_path / 'x.mp4')
    path = str(tmp_path / 'x.mp4')
    assert read_video_frame(path, 2.0)[20:, 20:].mean() == pytest.approx(190, abs=3)
    with pytest.raises(DataError, match=r'no frame at 5.00 s: it is truncated'):
        read_video_frame(path, 5.0)


@pytest.mark.parametrize('name', ['missing.mp4', 'empty.mp4', 'truncated.mp4', 'text.mp4'])
def test_a_bad_video_is_named(tmp_path, name):
    write_video(tmp_path / 'whole.mp4')
    data = (tmp_path / 'whole.mp4').read_bytes()
    (tmp_path / 'truncated.mp4').write_bytes(data[: len(data) // 2])
    (tmp_path / 'empty.mp4').write_bytes(b'')
    (tmp_path / 'text.mp4').write_text('no video')
    with pytest.raises(DataError, match=name):
        read_video_frame(str(tmp_path / name), 0.5)


def test_a_sound_file_has_no_frame(tmp_path):
    with av.open(str(tmp_path / 'x.m4a'), 'w') as container:
        stream = container.add_stream('aac', rate=22050, layout='mono')
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 4096), np.float32), format='fltp', layout='mono'
        )
        frame.sample_rate = 22050
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(DataError, match='has no picture track'):
        read_video_frame(str(tmp_path / 'x.m4a'), 0)


@pytest.mark.skipif(not CLIPS.is_dir(), reason='needs the real clips in ../shared/data/clips')
@pytest.mark.parametrize(('name', 'size'), [('drum', (224, 298)), ('baby_crying', (240, 320))])
def test_seeking_in_a_real_clip_finds_the_frame_that_decoding_it_all_does(name, size):
    path = str(CLIPS / f'{name}.mp4')
    with av.open(path) as container:
        frames = [(float(f.time), f) for f in container.decode(video=0)]
        shown = [f for t, f in frames if t <= 7.01][-1].to_ndarray(format='rgb24')
    frame = read_video_frame(path, 7.01)
    assert frame.shape == (*size, 3)
    assert np.array_equal(frame, shown)


def test_a_picture_that_shrinks_is_averaged_and_one_that_grows_interpolated():
    stripes = np.tile(np.array([[0, 200]], np.uint8), (8, 8))[..., None].repeat(3, 2)
    assert (resized(stripes, (4, 4)) == 100).all()
    grown = resized(np.array([[0, 100]], np.uint8), (4, 1))
    assert grown.tolist() == [[0, 25, 75, 100]]
