from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmavl.apis import case_pairs
from mmavl.apis.case_pairs import evaluate_pairs, summarise_pairs
from mmavl.apis.localization import Localization
from mmavl.errors import DataError
from mmavl.evaluation.real_clips import Case, Mark

LOUDNESS = {'dog.mp4': 0.1, 'cat.mp4': 0.2, 'violin.mp4': 0.3}
BOX = (0.0, 0.0, 1.0, 0.5)


def case(label, **kwargs):
    return Case(Path(f'{label}.mp4'), 1.0, Mark(label, BOX), **kwargs)


CASES = [case('dog'), case('cat'), case('violin'), case('violin', sources=2), case('tuba')]


@pytest.fixture
def inferencer(monkeypatch):
    """Frames are as grey as their clip is loud; ``run.place`` says where the maximum is."""

    def load(run, one):
        loud = LOUDNESS[one.file.name]
        image = np.full((50, 100, 3), round(500 * loud), np.uint8)
        return {'image': image, 'waveform': np.full(8, loud), 'sample_rate': 8000}

    def run(inputs):
        picture, wave, rate = inputs
        run.seen.append((picture.shape, rate))
        grey = round(500 * wave[0])
        left = picture[0, 0, 0] == grey
        heat = np.zeros((8, 8), np.float32)
        heat[run.row, 1 if left == run.follows else 6] = 1.0
        heard = {'dog': 0.9, 'animals': 0.95}
        maps = {'dog': heat, 'animals': np.zeros((8, 8), np.float32)}
        fields = {'audio_probs': heard, 'visual_probs': {}, 'sounding': ['dog'], 'maps': maps}
        return {'predictions': [Localization('x', (1, 1), None, (0.0, 1.0), **fields)]}

    monkeypatch.setattr(case_pairs, '_load', load)
    run.classes = ['dog', 'cat', 'violin', 'animals']
    run.model = SimpleNamespace(dataset_meta={'families': {'animals': ['dog', 'cat']}})
    run.follows, run.row, run.seen = True, 1, []
    return run


def test_each_of_two_is_heard_under_the_picture_of_both(inferencer):
    outcomes, failures = evaluate_pairs(inferencer, CASES, 5)
    assert failures == []
    assert inferencer.seen[0] == ((448, 2 * 896, 3), 8000)
    found = {(o.sounding.mark.label, o.silent.mark.label): o for o in outcomes}
    assert len(outcomes) == len(found) == 6
    assert [o.alike for o in (found['dog', 'cat'], found['violin', 'dog'])] == [True, False]
    assert all(o.follows and o.own for o in outcomes)


def test_a_map_that_stays_with_the_silent_one_follows_nothing(inferencer):
    inferencer.follows = False
    outcomes, _ = evaluate_pairs(inferencer, CASES, 5)
    assert not any(o.follows or o.own for o in outcomes)


def test_a_map_in_the_right_half_may_lie_outside_the_box(inferencer):
    inferencer.row = 6
    table = summarise_pairs(evaluate_pairs(inferencer, CASES, 1)[0])
    assert list(table) == ['two of one family', 'two of different families']
    assert table['two of one family']['follows the sound'].mean == 1.0
    assert table['two of one family']['own'].mean == 0.0
    assert table['two of one family']['own'].count == 2


def test_a_clip_that_cannot_be_read_costs_its_pairs(inferencer, monkeypatch):
    load = case_pairs._load

    def broken(run, one):
        if one.file.name == 'cat.mp4':
            raise DataError('cat.mp4 is damaged')
        return load(run, one)

    monkeypatch.setattr(case_pairs, '_load', broken)
    outcomes, failures = evaluate_pairs(inferencer, CASES, 5)
    assert len(outcomes) == 2
    assert len(failures) == 2
    assert failures[0].message == 'cat.mp4 is damaged'
