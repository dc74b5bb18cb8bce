import re
import runpy
import sys
from pathlib import Path

import av
import numpy as np
import pytest

TOOL = Path(__file__).parents[3] / 'tools/analysis/time_conversion.py'


def run(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_a_measured_run_is_extrapolated_to_1000_clips(tmp_path, monkeypatch, capsys):
    path = tmp_path / 'x.mkv'
    with av.open(str(path), 'w') as container:
        video = container.add_stream('mpeg4', rate=5)
        video.width, video.height, video.pix_fmt = 64, 48, 'yuv420p'
        sound = container.add_stream('pcm_s16le', rate=8000, layout='mono')
        for _ in range(25):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))
            container.mux(video.encode(frame))
        noise = np.full((1, 40000), 9000, np.int16)
        frame = av.AudioFrame.from_ndarray(noise, format='s16', layout='mono')
        frame.sample_rate = 8000
        for stream, last in ((sound, frame), (sound, None), (video, None)):
            container.mux(stream.encode(last))
    run(monkeypatch, 'soundnet_flickr', path, '--clips', 2)
    said = capsys.readouterr().out
    assert 'soundnet_flickr: 2 clips of together 10 s' in said
    megabytes, gigabytes = (float(v) for v in re.findall(r'([\d.]+) [MG]B', said))
    assert gigabytes == pytest.approx(megabytes / 2, abs=0.03)
    assert megabytes == pytest.approx(2 * (44 + 5 * 22050 * 2) / 1e6, rel=0.1)


def test_a_video_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    (tmp_path / 'x.mp4').touch()
    with pytest.raises(SystemExit, match=r'1 of 1 clips cannot be used: .*x\.mp4 is an empty'):
        run(monkeypatch, 'music', tmp_path / 'x.mp4', '--clips', 1)
