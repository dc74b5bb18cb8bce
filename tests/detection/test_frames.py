import numpy as np
import pytest
from PIL import Image

pytest.importorskip('mmdet', reason='mmdet is not installed')

from mmavl.detection import ManifestFrames
from mmavl.errors import DataError


def test_every_frame_of_every_clip_is_read_in_order(frames, tmp_path):
    entries = [
        {'clip_id': 'a', 'frames': ['a_0.png', 'a_1.png'], 'fps': 1},
        {'clip_id': 'b', 'frames': ['b_1.png'], 'fps': 1},
    ]
    pictures = ManifestFrames(entries, tmp_path)
    assert pictures.places == [(0, 0), (0, 1), (1, 0)]
    assert len(pictures) == 3
    assert np.array_equal(pictures[2], np.array(Image.open(tmp_path / 'b_1.png')))


def test_a_video_is_read_at_its_frames_times(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        'mmavl.detection.frames.read_video_frame', lambda *args: asked.append(args)
    )
    entry = {'clip_id': 'v', 'video': 'v.mp4', 'fps': 2, 'duration': 1.5}
    pictures = ManifestFrames([entry], tmp_path)
    for index in range(len(pictures)):
        pictures[index]
    assert asked == [(str(tmp_path / 'v.mp4'), time) for time in (0.0, 0.5, 1.0)]


def test_a_frame_that_cannot_be_read_names_its_clip(tmp_path):
    pictures = ManifestFrames([{'clip_id': 'c7', 'frames': ['no.png'], 'fps': 1}], tmp_path)
    with pytest.raises(DataError, match=r"no\.png is missing.*\(clip 'c7', frame 0\)"):
        pictures[0]


def test_whatever_a_decoder_raises_names_the_clip(tmp_path, monkeypatch):
    def decode(path):
        raise RuntimeError('no frame')

    monkeypatch.setattr('mmavl.detection.frames.read_image', decode)
    pictures = ManifestFrames([{'clip_id': 'c7', 'frames': ['a.png'], 'fps': 1}], tmp_path)
    with pytest.raises(DataError, match=r"RuntimeError: no frame .*\(clip 'c7', frame 0\)"):
        pictures[0]
