"""Media of strangers: playlists, bombs, pipes and names of any bytes."""

import os
import struct
import subprocess
import sys
import time as clock

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.errors import DataError
from mmavl.media.audio import read_audio
from mmavl.media.image import read_image

from .faces import (
    PICTURES,
    RATE,
    SOUNDS,
    by_the_dataset,
    sound_of_the_dataset,
    sound_of_the_inferencers,
    sound_of_windows,
)
from .writing import noise

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
