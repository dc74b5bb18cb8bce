import numpy as np
import pytest
from PIL import Image

from mmavl.datasets.transforms import LoadFrame
from mmavl.errors import DataError


def test_an_image_file_is_loaded_with_its_shape(tmp_path):
    Image.new('RGB', (6, 4), (1, 2, 3)).save(tmp_path / 'x.png')
    results = LoadFrame()({'img_path': str(tmp_path / 'x.png')})
    assert results['image'].dtype == np.uint8
    assert results['image'][0, 0].tolist() == [1, 2, 3]
    assert results['ori_shape'] == (4, 6)


def test_a_videos_frame_is_loaded_at_its_time(tmp_path, media):
    frames = [np.full((16, 32, 3), grey, np.uint8) for grey in (0, 80, 160, 240)]
    media.write_clip(tmp_path / 'x.mp4', frames, fps=4)
    results = LoadFrame()({'video': str(tmp_path / 'x.mp4'), 'time': 0.5})
    assert results['image'].mean() == pytest.approx(160, abs=4)
    assert results['ori_shape'] == (16, 32)


def test_nothing_is_loaded_where_features_are_cached_or_no_picture_is_named():
    for results in ({'img_path': 'gone.png', 'image_features': 0}, {'audio_path': 'x.wav'}):
        assert LoadFrame()(dict(results)) == results


def test_a_missing_frame_is_an_error():
    with pytest.raises(DataError, match=r'gone.png is missing'):
        LoadFrame()({'img_path': 'gone.png'})
