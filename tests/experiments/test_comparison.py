import pytest

from mmavl.errors import DataError
from mmavl.experiments.comparison import clip_scores, compare


def test_the_p_value_is_that_of_all_sign_flips():
    one = {'a': 1.0, 'b': 1.0, 'c': 1.0, 'd': 0.0}
    other = {'a': 0.0, 'b': 0.0, 'c': 0.0, 'd': 0.0, 'e': 1.0}
    found = compare(one, other)
    assert (found.mean, found.clips) == (0.75, 4)
    # of 16 sign flips, those with mean +-0.75: three equal signs and the clip without a difference
    assert found.p == pytest.approx(4 / 16)
    assert compare(other, one).mean == -0.75
    assert compare(one, one).p == 1.0


def test_clips_that_no_method_shares_are_refused():
    with pytest.raises(DataError, match='no clip was tested by both'):
        compare({'a': 1.0}, {'b': 1.0})


def test_figures_of_clips_are_means_over_seeds(pointing_at):
    inside, outside = (1, 1), (7, 7)
    seeds = [pointing_at([inside, inside]), pointing_at([inside, outside])]
    scores = clip_scores(seeds, 'half_max')
    assert scores['pointing'] == {('clip0', 0): 1.0, ('clip1', 0): 0.5}
    assert scores['ciou'].keys() == scores['pointing'].keys()
    assert 0 < scores['ciou']['clip1', 0] < scores['ciou']['clip0', 0]
