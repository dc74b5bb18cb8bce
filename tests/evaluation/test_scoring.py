import numpy as np
import pytest
import torch

from mmavl.errors import DataError
from mmavl.evaluation import get_protocol
from mmavl.evaluation.functional import consensus_iou, min_max, resize_maps
from mmavl.evaluation.scoring import score
from mmavl.evaluation.targets import REGIONS


def protocols(*names):
    return [get_protocol(name) for name in names]


def shares(peaks):
    """Non-zero shares of a target's maximum by region."""
    return {region: share for region, share in zip(REGIONS, peaks.tolist()) if share}


def test_coverage_and_maxima_by_hand(make_prediction):
    p = make_prediction(
        'a', {3: 'nw', 14: 'ne'}, {3: 'north', 14: 'ne'}, silent={5: 'sw', 25: 'se'}
    )
    (scores,) = score([p], protocols('half_max'))['model']
    # class 3: its quarter of the half that the map covers; its maxima lie half in class 14's box
    assert scores.ciou.tolist() == [0.5, 1.0]
    assert shares(scores.peaks[0]) == {'own': 0.5, 'other_sounding': 0.5}
    assert shares(scores.peaks[1]) == {'own': 1.0}
    assert scores.has_map.tolist() == [True, True]


def test_maxima_in_silent_boxes(make_prediction):
    p = make_prediction('a', {3: 'nw'}, {3: 'sw'}, silent={5: 'sw', 25: 'se'})
    q = make_prediction('b', {3: 'nw'}, {3: 'se'}, silent={5: 'sw', 25: 'se'})
    (scores,) = score([p, q], protocols('half_max'))['model']
    assert shares(scores.peaks[0]) == {'silent_same': 1.0}
    assert shares(scores.peaks[1]) == {'silent_other': 1.0}
    assert scores.ciou.tolist() == [0, 0]


def test_a_missed_class_scores_nothing_and_points_nowhere(make_prediction):
    p = make_prediction('a', {3: 'nw', 14: 'ne'}, {3: 'nw', 14: 'ne'}, pred_labels=[14])
    given, predicted = score([p], protocols('half_max', 'half_max/predicted'))['model']
    assert given.ciou.tolist() == [1, 1]
    assert predicted.ciou.tolist() == [0, 1]
    assert predicted.peaks.sum(1).tolist() == [0, 1]
    assert predicted.has_map.tolist() == [False, True]


def test_a_degenerate_reference_is_undefined_only_without_a_mask(make_prediction):
    boxes = [[0.5, 0.5, 0.5, 0.9]]
    empty = make_prediction('a', {3: 'nw'}, {3: np.zeros((256, 256))}, boxes=boxes)
    wrong = make_prediction('b', {3: 'nw'}, {3: 'ne'}, boxes=boxes)
    (scores,) = score([empty, wrong], protocols('half_max'))['model']
    assert np.isnan(scores.ciou[0])
    assert scores.ciou[1] == 0


def test_trivial_rows_are_the_masks_themselves_whatever_the_rule(make_prediction):
    p = make_prediction('a', {3: 'nw'}, {3: 'se'})
    names = ('half_max', 'median', 'oracle_area', 'original')
    rows = score([p], protocols(*names), ('whole_image', 'centred_disc'))
    assert set(rows) == {'whole_image', 'centred_disc'}
    for scores in rows['whole_image']:
        assert scores.ciou.tolist() == [0.25]
        assert shares(scores.peaks[0]) == {'own': 0.25, 'background': 0.75}
    for scores in rows['centred_disc']:  # an eighth of the frame in common
        assert scores.ciou[0] == pytest.approx(0.125 / 0.625, abs=2e-3)
        assert scores.peaks[0, REGIONS.index('own')] == pytest.approx(0.25)


def test_trivial_rows_do_not_have_to_hear(make_prediction):
    p = make_prediction('a', {3: 'nw'}, {3: 'nw'}, pred_labels=[])
    rows = score([p], protocols('half_max/predicted'), ('model', 'whole_image'))
    assert rows['model'][0].ciou.tolist() == [0]
    assert rows['whole_image'][0].ciou.tolist() == [0.25]


def test_coarse_maps_are_upsampled_before_they_are_normalised_and_pointed_at(make_prediction):
    rng = np.random.default_rng(0)
    coarse = rng.random((6, 5)).astype(np.float32)
    p = make_prediction('a', {3: 'nw'}, {3: coarse})
    (scores,) = score([p], protocols('half_max'))['model']
    upsampled = resize_maps(torch.from_numpy(coarse), 256)
    reference = torch.zeros(256, 256)
    reference[:128, :128] = 1
    expected = consensus_iou(min_max(upsampled) > 0.5, reference)
    assert scores.ciou[0] == pytest.approx(expected.item(), abs=1e-12)
    y, x = np.unravel_index(upsampled.argmax().item(), (256, 256))
    assert scores.peaks[0, REGIONS.index('own')] == (y < 128 and x < 128)


def test_a_batch_gives_what_each_sample_gives_alone(make_prediction):
    # 20 maps of quite different ranges: a threshold shared within a batch would show
    rng = np.random.default_rng(0)
    areas = ['nw', 'ne', 'sw', 'se']
    predictions = [
        make_prediction(
            f'{i:02}',
            {3: areas[i % 4], 14: areas[(i + 1) % 4]},
            {k: rng.random((3 + i % 2, 4)) / scale**i for k, scale in ((3, 2), (14, 3))},
        )
        for i in range(20)
    ]
    names = protocols('original', 'half_max', 'median', 'absolute', 'oracle_area', 'val_best@0.3')
    together = score(predictions, names)['model']
    for i, p in enumerate(predictions):
        for whole, alone in zip(together, score([p], names)['model']):
            assert whole.ciou[2 * i : 2 * i + 2].tolist() == alone.ciou.tolist()
            assert whole.peaks[2 * i : 2 * i + 2].tolist() == alone.peaks.tolist()


def test_protocols_together_give_what_each_gives_alone(make_prediction):
    rng = np.random.default_rng(1)
    p = make_prediction(
        'a',
        {3: 'nw', 14: 'ne'},
        {3: rng.random((4, 4)), 14: rng.random((4, 4))},
        pred_labels=[3],
        pred_tags=np.ones(15),
    )
    names = [
        'half_max',
        'median',
        'half_max/union',
        'original/union',
        'half_max/union/raw_sum',
        'half_max/predicted',
        'median/union/predicted',
    ]
    for name, scores in zip(names, score([p], protocols(*names))['model']):
        (alone,) = score([p], protocols(name))['model']
        assert scores.ciou.tolist() == alone.ciou.tolist()
        assert len(scores.ciou) == (1 if 'union' in name else 2)


def test_the_weaker_class_of_a_whole_sound_vanishes_only_in_the_raw_sum(make_prediction):
    north_west, south_east = np.zeros((2, 256, 256), np.float32)
    north_west[:128, :128] = 1
    south_east[128:, 128:] = 0.4
    maps = {3: north_west, 14: south_east}
    p = make_prediction('a', {3: 'nw', 14: 'se'}, maps, pred_labels=[3, 14])
    names = 'half_max/union', 'half_max/union/raw_sum', 'original/union', 'absolute/union'
    whole, raw, original, absolute = score([p], protocols(*names))['model']
    # .5 + .5: both quarters; .5 + .2: above half of the maximum is one of the two
    assert whole.ciou.tolist() == [1.0]
    assert shares(whole.peaks[0]) == {'own': 1.0}
    assert raw.ciou.tolist() == [0.5]
    assert original.ciou.tolist() == [1.0]
    # absolute scores are summed as they are: .5 is not above .5
    assert absolute.ciou.tolist() == [0.0]


def test_scores_out_of_range_name_protocol_and_clip(make_prediction):
    p = make_prediction('a3f', {3: 'nw'}, {3: np.full((4, 4), 7)})
    with pytest.raises(DataError, match=r"protocol 'absolute', clip a3f: scores are in \[7"):
        score([p], protocols('absolute'))


def test_nothing_to_score_gives_empty_columns():
    (scores,) = score([], protocols('half_max'))['model']
    assert scores.ciou.shape == (0,)
    assert scores.peaks.shape == (0, len(REGIONS))
