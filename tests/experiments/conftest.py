import numpy as np
import pytest

from mmavl.evaluation import Prediction


@pytest.fixture
def pointing_at():
    """Return a function that gives predictions of clips whose maps have one maximum each.

    The sounding object is in the top left quarter of the 8 x 8 cells.
    """

    def make(peaks):
        made = []
        for number, peak in enumerate(peaks):
            maps = np.zeros((1, 8, 8), np.float32)
            maps[0][peak] = 1
            values = {'maps': maps, 'map_labels': [-1], 'boxes': [[0.0, 0.0, 0.5, 0.5]]}
            values |= {'box_labels': [0], 'box_sounding': [True], 'box_families': [0]}
            made.append(Prediction(f'clip{number}', **values))
        return made

    return make
