from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmavl.apis import case_sheet as module
from mmavl.apis.case_evaluation import Outcome
from mmavl.apis.case_sheet import case_sheet
from mmavl.evaluation.real_clips import Case, Hit, Mark
from mmavl.visualization.drawing import PAPER, SOUNDING

BOX = (0.5, 0.25, 0.75, 0.75)


def outcome(name, own, grey, heat=None):
    case = Case(Path(f'{name}.mp4'), 0.0, Mark('', BOX))
    maps = {} if heat is None else {'Dog': heat}
    result = SimpleNamespace(clip=grey, maps=maps)
    hits = {} if own is None else {'class': Hit(own, 0.0, 0.0)}
    return Outcome(case, result, {'class': 'Dog', 'family': 'animals'}, hits, None, [])


@pytest.fixture
def pipeline():
    """Frames are as grey as the clip is a number."""
    return SimpleNamespace(load=lambda clip: {'image': np.full((220, 220, 3), clip, np.uint8)})


@pytest.fixture
def rows(monkeypatch):
    kept = []
    monkeypatch.setattr(module, 'contact_sheet', lambda rows, columns: kept.extend(rows))
    return kept


def test_what_has_no_map_comes_first_then_misses_then_hits(pipeline, rows):
    case_sheet([outcome('a', 1.0, 30), outcome('b', 0.0, 60), outcome('c', None, 90)], pipeline)
    assert [int(row[5, 5, 0]) for row in rows] == [90, 60, 30]


def test_a_picture_shows_the_box_the_heat_and_the_maximum(pipeline, rows):
    heat = np.zeros((4, 4), np.float32)
    heat[3, 0] = 1.0  # its middle is at (27, 192) of 220 x 220 pixels
    case_sheet([outcome('a', 0.0, 128, heat), outcome('b', None, 128)], pipeline)
    plain, drawn = rows
    for row in (plain, drawn):
        assert row[100, 110].tolist() == list(SOUNDING)  # the box's left edge
    assert np.ptp(plain[190, 20]) == 0
    assert np.ptp(drawn[170, 10].astype(int)) > 30  # heat has a colour
    ring = drawn[192, 27 - 9 : 27 + 10].tolist()
    assert list(PAPER) in ring
    assert plain[192, 18:37].std() == 0
