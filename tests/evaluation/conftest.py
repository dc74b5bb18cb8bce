import numpy as np
import pytest

from mmavl.evaluation import Prediction


def box_map(*boxes, size=256):
    """A map that is 1 inside normalised xyxy boxes and 0 elsewhere."""
    values = np.zeros((size, size), np.float32)
    for x1, y1, x2, y2 in (np.array(boxes) * size).astype(int):
        values[y1:y2, x1:x2] = 1
    return values


#: Quarters of the frame and halves of it, normalised xyxy.
AREAS = {
    'nw': (0, 0, 0.5, 0.5),
    'ne': (0.5, 0, 1, 0.5),
    'sw': (0, 0.5, 0.5, 1),
    'se': (0.5, 0.5, 1, 1),
    'north': (0, 0, 1, 0.5),
    'all': (0, 0, 1, 1),
}


@pytest.fixture
def make_prediction():
    """Build a prediction from named areas of the frame.

    ``sounding`` and ``silent`` map a label to an area; a label's family is its tens digit.
    ``maps`` maps a label to an area or an array.
    """

    def make(clip_id, sounding=None, maps=None, silent=None, **values):
        boxes = [(k, v, True) for k, v in (sounding or {}).items()]
        boxes += [(k, v, False) for k, v in (silent or {}).items()]
        maps = maps or {}
        arrays = [box_map(AREAS[v]) if isinstance(v, str) else v for v in maps.values()]
        given = dict(
            boxes=np.array([AREAS[area] for _, area, _ in boxes]).reshape(-1, 4),
            box_labels=[label for label, _, _ in boxes],
            box_sounding=[flag for _, _, flag in boxes],
            box_families=[label // 10 for label, _, _ in boxes],
            maps=np.stack(arrays) if arrays else np.zeros((0, 1, 1)),
            map_labels=list(maps),
        )
        return Prediction(clip_id, **(given | values))

    return make
