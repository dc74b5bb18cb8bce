"""Frames of several sources; every figure is worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from mmavl.evaluation import (
    evaluate_localization,
    get_protocol,
    read_predictions,
    write_predictions,
)
from mmavl.evaluation.scoring import score
from mmavl.evaluation.summary import summarise

from .conftest import AREAS, box_map

QUARTERS = {3: 'nw', 14: 'ne'}


def at(*areas):
    """A map that is 1 in these areas, on the protocols' grid."""
    return box_map(*(AREAS.get(area, area) for area in areas), size=224)


def figures(predictions, protocol, name):
    (scores,) = score(predictions, [get_protocol(protocol)])['model']
    found = summarise(scores, predictions)
    prefix = f'{name}/'
    return {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}


def test_ciou_of_single_sources_of_their_mean_and_of_their_union_are_told_apart(make_prediction):
    # class 3 has its quarter, class 14 another one
    p = make_prediction(
        'a', QUARTERS, {3: at('nw'), 14: at('sw')}, gt_tags=np.isin(range(15), [3, 14])
    )
    names = ['avgn_relative', 'avgn_relative/union', 'no_prior']
    metrics = evaluate_localization([p], {}, names).metrics
    assert metrics['no_prior/per_source/ciou'] == 0.5  # 1 and 0
    assert metrics['no_prior/per_source/sources'] == 2
    assert metrics['no_prior/level2_mean_ciou'] == 0.5
    assert metrics['no_prior/level2_ciou'] == 1.0  # the mean of 1 and 0 reaches .3
    assert metrics['no_prior/level2_all_sources'] == 0.0
    # the sum of both maps is 1/2 in the western half: 1/4 of the frame over 3/4
    assert metrics['avgn_relative/union/level2_mean_ciou'] == pytest.approx(1 / 3)
    assert 'avgn_relative/union/per_source/ciou' not in metrics


def test_of_interactive_iou_the_worst_source_counts(make_prediction):
    good = make_prediction(
        'a', QUARTERS, {3: at('nw'), 14: at('ne', (0.5, 0.5, 1, 0.75))}
    )  # 1, 2/3
    bad = make_prediction('b', QUARTERS, {3: at('nw'), 14: at('sw')})  # 1, 0
    alone = make_prediction('c', {3: 'nw'}, {3: at('nw')})
    found = figures([good, bad, alone], 'lvs', 'iiou')
    # 2/3 reaches 14 of 21 thresholds: its trapezoid is .675, that of 0 is .025
    assert found['auc'] == pytest.approx((0.675 + 0.025) / 2)
    assert (found['success'], found['frames']) == (0.5, 2)
    assert found['mean_ciou'] == pytest.approx(1 / 3)


def test_cap_takes_the_classes_map_and_piap_the_best_matching(make_prediction):
    swapped = make_prediction('a', QUARTERS, {3: at('ne'), 14: at('nw')})
    found = figures([swapped], 'avgn_relative', 'pixel_ap')
    # one step of wrong pixels, then one of all pixels: precision 1/4 at recall 1
    assert found == {'cap': pytest.approx(0.25), 'piap': pytest.approx(1.0), 'frames': 1}


def test_a_source_without_a_map_has_no_precision(make_prediction):
    half = make_prediction('a', QUARTERS, {3: at('nw')})
    assert figures([half], 'avgn_relative', 'pixel_ap')['cap'] == pytest.approx(0.5)
    agnostic = make_prediction('a', QUARTERS, {-1: at('north')})
    found = figures([agnostic], 'avgn_relative', 'pixel_ap')
    # one map for two sources: precision 1/2 on the one that gets it
    assert found == {'piap': pytest.approx(0.25), 'frames': 1}


def test_missed_and_extra_sources_score_nothing(make_prediction):
    right = make_prediction('a', QUARTERS, {3: at('nw'), 14: at('ne')}, pred_labels=[3, 14])
    missed = make_prediction('b', QUARTERS, {3: at('nw')}, pred_labels=[3])
    extra = make_prediction('c', {3: 'nw'}, {3: at('nw'), 14: at('se')}, pred_labels=[3, 14])
    silent = make_prediction('d', {3: 'nw'}, pred_labels=[])
    found = figures([right, missed, extra, silent], 'no_prior', 'count')
    # places: 2 right; 1 right, 1 missed; 1 right, 1 extra; 1 missed
    assert found == {'accuracy': 0.25, 'ciou': 4 / 7, 'missed': 0.5, 'extra': 0.25, 'frames': 4}


def test_maps_without_classes_are_counted_and_matched_with_sources(make_prediction):
    maps = np.stack([at('ne'), at('nw')])
    p = replace(make_prediction('a', QUARTERS), maps=maps, map_labels=np.array([-1, -1]))
    assert figures([p], 'no_prior', 'count') == {
        'accuracy': 1.0, 'ciou': 1.0, 'missed': 0.0, 'extra': 0.0, 'frames': 1.0,
    }  # fmt: skip
    # the union is scored by what any of the maps shows
    (scores,) = score([p], [get_protocol('ez_vsl')])['model']
    assert scores.ciou.tolist() == [1.0]


def test_one_dump_under_four_rules_gives_four_labelled_numbers(make_prediction, tmp_path):
    strips = np.repeat([1.0, 0.6, 0.5, 0.4], 56)[None].repeat(224, 0)
    p = make_prediction('a', {3: 'nw'}, {3: strips}, boxes=[[0, 0, 0.25, 1]])
    write_predictions(tmp_path / 'dump.npz', [p], {'classes': ['x'] * 15})
    predictions, metainfo = read_predictions(tmp_path / 'dump.npz')
    # the upper middle value is .6: above it lies the first strip, from it on the first two; at
    # .5 three are in, above a fifth of the maximum all
    expected = {'lvs': 1, 'ez_vsl': 1 / 2, 'slavc': 1 / 3, 'dsol_duet': 1 / 4}
    metrics = evaluate_localization(predictions, metainfo, list(expected)).metrics
    assert {name: metrics[f'{name}/level1_mean_ciou'] for name in expected} == expected
