from collections import Counter
from functools import cache

import numpy as np
import pytest

from mmavl.scenes.instruments.classes import CLASSES, FAMILY, GROUPS
from mmavl.scenes.instruments.spec import TEST_LEVELS, TRAIN_LEVELS
from mmavl.scenes.plan import Cast, plan_split, same_family


@cache
def plan(size, levels, seed=0):
    return plan_split(np.random.default_rng(seed), size, levels, GROUPS)


def test_the_fifteen_classes_stand_in_three_families():
    assert sorted(label for members in GROUPS.values() for label in members) == sorted(CLASSES)
    assert len(CLASSES) == 15


def test_levels_of_the_default_splits_are_exact():
    assert Counter(len(c.sounding) for c in plan(430, TEST_LEVELS)) == {1: 200, 2: 150, 3: 80}
    assert Counter(len(c.sounding) for c in plan(4000, TRAIN_LEVELS)) == {1: 2000, 2: 1400, 3: 600}


@pytest.mark.parametrize(('size', 'levels'), [(430, TEST_LEVELS), (4000, TRAIN_LEVELS)])
def test_six_of_ten_show_a_silent_one_half_of_these_of_a_sounding_family(size, levels):
    casts = plan(size, levels)
    assert sum(c.silent is not None for c in casts) == 0.6 * size
    assert sum(same_family(c, GROUPS) for c in casts) == 0.3 * size


def test_each_level_has_its_share_of_silent_ones():
    casts = plan(4000, TRAIN_LEVELS)
    for level in (1, 2, 3):
        silent = [c.silent is not None for c in casts if len(c.sounding) == level]
        assert np.mean(silent) == pytest.approx(0.6, abs=0.06)


def test_no_class_twice_and_no_family_sounds_twice():
    for cast in plan(4000, TRAIN_LEVELS):
        assert len({FAMILY[label] for label in cast.sounding}) == len(cast.sounding)
        assert cast.silent not in cast.sounding


def test_every_class_sounds_and_is_silent_and_families_sound_alike():
    casts = plan(4000, TRAIN_LEVELS)
    sounding = Counter(label for cast in casts for label in cast.sounding)
    assert set(sounding) == set(CLASSES) == {cast.silent for cast in casts} - {None}
    families = Counter(FAMILY[label] for label in sounding.elements())
    assert max(families.values()) < 1.1 * min(families.values())


def test_same_family_is_told_from_another():
    assert same_family(Cast(('Violin', 'Piano'), 'Cello'), GROUPS)
    assert not same_family(Cast(('Violin',), 'Piano'), GROUPS)
    assert not same_family(Cast(('Violin',), None), GROUPS)


def test_the_stream_decides():
    first, again, other = (
        plan_split(np.random.default_rng(seed), 50, TRAIN_LEVELS, GROUPS) for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize('size', [1, 2, 3, 5])
def test_a_handful_of_scenes_can_be_planned(size):
    assert len(plan(size, TEST_LEVELS)) == size


def test_where_no_class_has_relatives_silent_ones_are_other_classes():
    alone = {name: (name,) for name in 'abcd'}
    casts = plan_split(np.random.default_rng(0), 100, (0.5, 0.5), alone)
    assert sum(cast.silent is not None for cast in casts) == 60
    assert all(cast.silent not in cast.sounding for cast in casts)
    assert not any(same_family(cast, alone) for cast in casts)


def test_where_all_there_is_sounds_nothing_is_silent():
    pair = {'a': ('a',), 'b': ('b',)}
    casts = plan_split(np.random.default_rng(0), 50, (0.0, 1.0), pair)
    assert {tuple(sorted(cast.sounding)) for cast in casts} == {('a', 'b')}
    assert {cast.silent for cast in casts} == {None}


def test_shares_of_silent_ones_are_as_asked():
    casts = plan_split(np.random.default_rng(0), 100, (1.0,), GROUPS, 0.9, 1.0)
    assert sum(cast.silent is not None for cast in casts) == 90
    assert sum(same_family(cast, GROUPS) for cast in casts) == 90
