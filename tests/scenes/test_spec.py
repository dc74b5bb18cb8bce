from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest

from mmavl.scenes.plan import Cast
from mmavl.scenes.spec import SPLITS, SplitSpec


@dataclass(frozen=True)
class Spec(SplitSpec):
    """Every scene shows and lets sound the same class."""

    families = {'a': ('a',)}

    def casts(self):
        return [Cast(('a',), None)] * self.size

    def metainfo(self):
        return {}


def draw(spec, *path):
    return spec.stream(*path).integers(2**32, size=4).tolist()


def test_the_order_of_the_splits_is_that_of_their_random_streams():
    assert SPLITS == ('train', 'val', 'test', 'test_shift')


def test_a_stream_is_that_of_seed_split_and_path():
    expected = np.random.default_rng([7, 2, 5, 1]).integers(2**32, size=4).tolist()
    assert draw(Spec('test', 10, 7), 5, 1) == expected


def test_a_stream_does_not_depend_on_the_number_of_scenes():
    assert draw(Spec('val', 10, 7), 3) == draw(Spec('val', 99, 7), 3)


def test_other_seeds_splits_and_paths_have_other_streams():
    streams = [
        draw(Spec('train', 1, 0), 0),
        draw(Spec('train', 1, 1), 0),
        draw(Spec('val', 1, 0), 0),
        draw(Spec('train', 1, 0), 1),
    ]
    assert len({tuple(values) for values in streams}) == 4


@pytest.mark.parametrize(
    ('split', 'index', 'name'),
    [('val', 3, 'val_00003'), ('test_shift', 123456, 'test_shift_123456')],
)
def test_scenes_are_numbered_with_five_digits_at_least(split, index, name):
    assert Spec(split, 1, 0).clip_id(index) == name


def test_a_split_that_does_not_exist_has_no_stream():
    with pytest.raises(ValueError, match='not in tuple'):
        Spec('tests', 1, 0).stream(0)


def test_a_spec_cannot_change_while_its_scenes_are_written():
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'seed'"):
        Spec('val', 1, 0).seed = 1


def test_a_spec_without_casts_cannot_be_made():
    with pytest.raises(TypeError, match='casts'):
        SplitSpec('val', 1, 0)
