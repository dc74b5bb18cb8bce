import numpy as np
import pytest

from mmavl.visualization import contact_sheet


def row(shade, height=40, width=60):
    return np.full((height, width, 3), shade, np.uint8)


def test_rows_stand_in_reading_order_in_aligned_columns():
    sheet = contact_sheet([row(10), row(20, width=200), row(30, width=300, height=50)], columns=2)
    assert sheet.shape[1] == 300 + 200
    corner = {
        shade: np.argwhere((sheet == shade).all(-1)).min(0).tolist() for shade in (10, 20, 30)
    }
    assert corner[10][0] == corner[20][0] == corner[30][0] - 40
    assert (corner[10][1], corner[20][1], corner[30][1]) == (0, 300, 0)


def test_a_title_and_a_legend_stand_above():
    plain = contact_sheet([row(10, width=500)], legend=())
    titled = contact_sheet([row(10, width=500)], title='stage 2', legend=('sounding',))
    assert titled.shape[0] > plain.shape[0]
    first = np.argwhere((titled == 10).all(-1)).min(0)[0]
    assert (titled[: first - 30] < 100).any()


def test_an_empty_sheet_is_refused():
    with pytest.raises(ValueError, match='at least one row'):
        contact_sheet([])
