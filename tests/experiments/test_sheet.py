import numpy as np
import pytest
from PIL import Image

from mmavl.errors import DataError
from mmavl.evaluation import Prediction
from mmavl.experiments.sheet import comparison_sheet


def prediction(tmp_path, peak, **options):
    path = tmp_path / 'frame.png'
    Image.new('RGB', (64, 64), (10, 200, 10)).save(path)
    maps = np.zeros((1, 4, 4), np.float32)
    maps[0][peak] = 1
    values = {'maps': maps, 'map_labels': [-1], 'boxes': [[0.1, 0.1, 0.6, 0.6]]}
    values |= {'box_labels': [0], 'box_sounding': [True], 'box_families': [0]}
    return Prediction('clip', img_path=str(path), **(values | options))


def test_each_method_has_a_column_with_its_maximum_where_it_points(tmp_path):
    methods = {
        'left': [prediction(tmp_path, (0, 0))],
        'right': [prediction(tmp_path, (3, 3))],
        'none': [prediction(tmp_path, (0, 0), map_labels=[0], pred_labels=[])],
    }
    sheet = comparison_sheet(methods)
    assert sheet.shape == (22 + 132 + 4, 4 * 132 + 4, 3)
    frame, left, right, none = (sheet[22:150, 4 + 132 * i : 132 + 132 * i] for i in range(4))
    assert tuple(frame[-1, -1]) == (10, 200, 10)
    brightest = [np.unravel_index(c.sum(2).argmax(), c.shape[:2]) for c in (left, right)]
    assert max(brightest[0]) < 64 < min(brightest[1])
    assert (none == 225).all()


def test_without_a_sounding_box_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(DataError, match='no clip has a sounding box'):
        comparison_sheet({'a': [prediction(tmp_path, (0, 0), box_sounding=[False])]})
