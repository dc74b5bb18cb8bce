"""Silent classes and frames without a source; every figure is worked out by hand."""

import numpy as np
import pytest

from mmavl.evaluation import get_protocol
from mmavl.evaluation.scoring import score
from mmavl.evaluation.summary import summarise


def figures(predictions, protocol, name):
    (scores,) = score(predictions, [get_protocol(protocol)])['model']
    found = summarise(scores, predictions)
    prefix = f'{name}/'
    return {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}


def scored(height, where=np.s_[:112, :112]):
    """A map of scores: a quarter of the frame as high as said, .1 elsewhere."""
    maps = np.full((224, 224), 0.1)
    maps[where] = height
    return maps


def test_silent_classes_are_silent_where_their_maps_are_low(make_prediction):
    maps = {3: scored(0.5), 14: scored(0.9), 25: scored(0.2)}
    p = make_prediction('a', {3: 'nw'}, maps)
    # 3/4 of one map and all of another: .2 itself is silent
    assert figures([p], 'dsol_duet', 'nsa') == {'nsa': 0.875, 'maps': 2, 'frames': 1}
    assert figures([make_prediction('a', {3: 'nw'}, {3: 'nw'})], 'dsol_duet', 'nsa') == {}


def frames(make_prediction):
    """Confidences .9 right, .8 negative, .7 wrong place, .6 right, .15 negative."""
    wrong = scored(0.7, np.s_[112:, 112:])
    return [
        make_prediction('a', {3: 'nw'}, {-1: scored(0.9)}),
        make_prediction('b', maps={-1: scored(0.8)}, negative=True),
        make_prediction('c', {3: 'nw'}, {-1: wrong}),
        make_prediction('d', {3: 'nw'}, {-1: scored(0.6)}),
        make_prediction('e', maps={-1: scored(0.15)}, negative=True),
        make_prediction('f', maps={-1: scored(1.0)}),  # not annotated: in neither set
    ]


def test_the_extended_set_by_hand(make_prediction):
    found = figures(frames(make_prediction), 'slavc', 'extended')
    # thresholds .8, .7, .6, .15 (the highest is left out): true positives 1, 1, 2, 2 of 2, 3, 4,
    # 5 claimed; missed 2, 1, 0, 0. Recall 1/3, 1/2, 1, 1. Best precision from there on: 1/2, 1/2
    # and 1/2, since .6 has 2 of 4.
    assert found['ap'] == pytest.approx(1 / 2 * (1 / 2 - 1 / 3) + 1 / 2 * (1 - 1 / 2))
    # F1: at .9 precision 1, recall 1/3: 1/2; at .6 precision 1/2, recall 1: 2/3
    assert found['max_f1'] == pytest.approx(2 / 3)
    assert found['loc_acc'] == pytest.approx(2 / 3)
    assert (found['positives'], found['negatives']) == (3, 2)


def test_a_model_that_is_surer_of_negatives_has_no_precision(make_prediction):
    swapped = [
        make_prediction('a', {3: 'nw'}, {-1: scored(0.6)}),
        make_prediction('b', maps={-1: scored(0.9)}, negative=True),
        make_prediction('c', maps={-1: scored(0.8)}, negative=True),
    ]
    # at .8: nothing right, recall 0; at .6: 1 of 3
    assert figures(swapped, 'slavc', 'extended')['ap'] == pytest.approx(1 / 3)


def test_the_confidence_of_a_model_with_classes_is_of_its_scores_not_of_normalised_maps(
    make_prediction,
):
    north = np.s_[:112]
    sure = make_prediction('a', {3: 'north'}, {3: scored(0.9, north)}, pred_labels=[3])
    unsure = make_prediction('b', maps={3: scored(0.2, north)}, negative=True, pred_labels=[3])
    for name in ('slavc', 'slavc_relative'):
        assert figures([sure, unsure], name, 'extended')['max_f1'] == 1.0


def test_without_negatives_there_is_no_extended_set(make_prediction):
    assert figures(frames(make_prediction)[:1], 'slavc', 'extended') == {}


def test_a_model_with_classes_that_predicts_none_claims_nothing(make_prediction):
    mute = make_prediction('b', negative=True, pred_labels=[])
    found = figures([frames(make_prediction)[0], mute], 'slavc', 'extended')
    assert found['max_f1'] == 1.0
