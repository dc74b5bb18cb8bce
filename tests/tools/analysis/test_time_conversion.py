import re
import runpy
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools/analysis/time_conversion.py'


def run(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_a_measured_run_is_extrapolated_to_1000_clips(tmp_path, monkeypatch, capsys, media):
    path = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(25), fps=5, wave=media.tone(5), sound_codec='flac'
    )
    run(monkeypatch, 'soundnet_flickr', path, '--clips', 2)
    said = capsys.readouterr().out
    assert 'soundnet_flickr: 2 clips, 10 s in total' in said
    megabytes, gigabytes = (float(v) for v in re.findall(r'([\d.]+) [MG]B', said))
    assert gigabytes == pytest.approx(megabytes / 2, abs=0.03)
    assert megabytes == pytest.approx(2 * (44 + 5 * 22050 * 2) / 1e6, rel=0.1)


def test_a_video_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    (tmp_path / 'x.mp4').touch()
    with pytest.raises(SystemExit, match=r'1 of 1 clips cannot be used: .*x\.mp4 is an empty'):
        run(monkeypatch, 'music', tmp_path / 'x.mp4', '--clips', 1)
