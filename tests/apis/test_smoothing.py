import numpy as np
import pytest

from mmavl.apis import Localization
from mmavl.apis.smoothing import neighbourhoods, smooth, time_weights
from mmavl.models.naming import Naming


def found(time, loud, value):
    maps = {'loud': np.full((2, 2), value, np.float32)}
    sounding = ['loud'] if loud >= 0.5 else []
    return Localization('x', (4, 4), time, (0.0, 1.0), {'loud': loud}, {}, sounding, maps)


def test_neighbours_weigh_by_their_distance_and_maps_by_their_probability_too():
    items = [found(0.0, 1.0, 1.0), found(0.5, 0.0, 9.0), found(1.0, 0.5, 3.0)]
    first, middle, last = smooth(items, seconds=0.5, naming=Naming(0.4))
    # weights 1 and 1/2 for itself and the neighbour half a second away
    assert first.audio_probs['loud'] == pytest.approx((1.0 + 0.5 * 0.0) / 1.5)
    assert middle.audio_probs['loud'] == pytest.approx((0.5 * 1.0 + 0.0 + 0.5 * 0.5) / 2)
    assert middle.maps['loud'][0, 0] == pytest.approx((0.5 * 1 + 0.25 * 3) / 0.75, abs=1e-4)
    assert last.audio_probs['loud'] == pytest.approx(0.5 / 1.5)
    assert [item.sounding for item in (first, middle, last)] == [['loud'], [], []]
    assert [item.time for item in (first, middle, last)] == [0.0, 0.5, 1.0]


def test_no_smoothing_changes_nothing_and_little_is_taken_ahead():
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield found(number / 2, 1.0, float(number))

    smoothed = smooth(source(), seconds=1.0, naming=Naming(0.5))
    for _ in range(50):
        next(smoothed)
    assert len(taken) == 53
    assert [i.maps['loud'][0, 0] for i in smooth(source(), 0.0, Naming(0.5))] == [*range(100)]
    assert len([*smooth(source(), 1.0, Naming(0.5))]) == 100


def test_a_neighbourhood_is_all_within_range_and_weighs_less_the_farther_it_is():
    items = [found(n / 2, 1.0, 1.0) for n in range(5)]
    near = [([i.time for i in items], here.time) for items, here in neighbourhoods(items, 0.5)]
    assert near == [
        ([0.0, 0.5], 0.0), ([0.0, 0.5, 1.0], 0.5), ([0.5, 1.0, 1.5], 1.0),
        ([1.0, 1.5, 2.0], 1.5), ([1.5, 2.0], 2.0),
    ]  # fmt: skip
    assert time_weights(items[1:4], items[2], 0.5).tolist() == [0.5, 1.0, 0.5]
    assert time_weights(items[:1], items[0], 0.5).tolist() == [1.0]
