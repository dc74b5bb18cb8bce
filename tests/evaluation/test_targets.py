import numpy as np
import pytest
import torch

from mmavl.errors import DataError
from mmavl.evaluation import Prediction, get_protocol
from mmavl.evaluation.functional import clip_max, min_max
from mmavl.evaluation.targets import (
    REGIONS,
    build_targets,
    sums_class_maps,
    target_map,
    target_reference,
)

HALF_MAX, MEDIAN = get_protocol('half_max'), get_protocol('median')


def region_at(regions, x, y):
    return REGIONS[regions[int(y * 256), int(x * 256)]]


def test_a_class_aware_target_for_each_sounding_class_with_the_level_of_the_frame(make_prediction):
    p = make_prediction('a', {3: 'nw', 14: 'ne'}, silent={5: 'sw'})
    silent_only = make_prediction('b', silent={5: 'sw'})
    found = [(t.frame, t.label, t.level) for t in build_targets([silent_only, p], True)]
    assert found == [(1, 3, 2), (1, 14, 2)]


def test_one_target_for_the_whole_sound_where_protocol_or_method_is_class_agnostic(
    make_prediction,
):
    p = make_prediction('a', {3: 'nw', 14: 'ne'})
    agnostic = make_prediction('b', {3: 'nw', 14: 'ne'}, {-1: 'all'})
    assert [(t.label, t.level) for t in build_targets([p], False)] == [(-1, 2)]
    assert [(t.label, t.level) for t in build_targets([agnostic], True)] == [(-1, 2)]


def test_two_boxes_of_a_class_are_one_target_and_their_union_its_reference():
    p = Prediction(
        'a',
        boxes=[[0, 0, 0.5, 0.5], [0.25, 0.25, 0.75, 0.75]],
        box_labels=[4, 4],
        box_sounding=[1, 1],
        box_families=[0, 0],
    )
    (target,) = build_targets([p], True)
    assert target.level == 1
    reference, _ = target_reference(p, target, HALF_MAX)
    assert reference.sum().item() == 128**2 * 2 - 64**2


def test_every_kind_of_region(make_prediction):
    p = make_prediction('a', {3: 'nw', 14: 'ne'}, silent={5: 'sw', 25: 'se'})
    regions = {t.label: target_reference(p, t, HALF_MAX)[1] for t in build_targets([p], True)}
    points = (0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)
    assert [region_at(regions[3], *point) for point in points] == [
        'own',
        'other_sounding',
        'silent_same',
        'silent_other',
    ]
    assert [region_at(regions[14], *point) for point in points] == [
        'other_sounding',
        'own',
        'silent_other',
        'silent_other',
    ]


def test_without_families_a_silent_box_is_neither_the_same_nor_another(make_prediction):
    p = make_prediction('a', {3: 'nw'}, silent={5: 'sw'}, box_families=[-1, -1])
    (target,) = build_targets([p], True)
    assert set(target.boxes) == {'own', 'silent_unknown'}
    p.box_families[:] = [0, -1]
    assert set(build_targets([p], True)[0].boxes) == {'own', 'silent_unknown'}


def test_a_silent_instrument_of_the_very_class_that_sounds_is_not_its_reference(make_prediction):
    p = make_prediction('a', {3: 'nw'})
    p.boxes = np.array([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]])
    p.box_labels, p.box_families = np.array([3, 3]), np.array([0, 0])
    p.box_sounding = np.array([True, False])
    (target,) = build_targets([p], True)
    reference, regions = target_reference(p, target, HALF_MAX)
    assert reference.sum().item() == 128**2
    assert region_at(regions, 0.9, 0.9) == 'silent_same'


def test_where_boxes_overlap_the_own_one_comes_first(make_prediction):
    p = make_prediction('a', {3: 'nw'}, silent={5: 'all'})
    (target,) = build_targets([p], True)
    reference, regions = target_reference(p, target, HALF_MAX)
    assert region_at(regions, 0.1, 0.1) == 'own'
    assert region_at(regions, 0.9, 0.9) == 'silent_same'
    assert reference.sum().item() == 128**2


def test_annotators_are_rounded_as_the_protocol_says():
    p = Prediction('a', annotators=[[83, 108, 167, 256], [88, 104, 151, 256]])
    (target,) = build_targets([p], True)
    assert (target.label, target.level) == (-1, 0)
    reference, regions = target_reference(p, target, HALF_MAX)
    assert reference.shape == (256, 256)
    assert reference[107, 100].item() == 1
    assert reference[254, 82].item() == 0.5
    assert reference[255, 100].item() == 0
    assert (regions > 0).equal(reference > 0)
    reference, _ = target_reference(p, target, MEDIAN)
    assert reference.shape == (224, 224)
    assert reference[223, 100].item() == 1


def test_a_ready_consensus_map_is_resized_where_needed():
    p = Prediction('a', gt_map=np.full((256, 256), 0.5))
    (target,) = build_targets([p], True)
    for protocol in (HALF_MAX, MEDIAN):
        reference, _ = target_reference(p, target, protocol)
        assert reference.shape == (protocol.size, protocol.size)
        assert reference.unique().tolist() == [0.5]


def test_a_box_that_ends_before_it_starts_names_its_clip(make_prediction):
    p = make_prediction('a3f', {3: 'nw'}, boxes=[[0.5, 0.5, 0.25, 0.25]])
    (target,) = build_targets([p], True)
    with pytest.raises(DataError, match=r"clip 'a3f'.*xyxy, not xywh"):
        target_reference(p, target, HALF_MAX)


def test_the_map_of_a_class_is_found_by_its_label(make_prediction):
    p = make_prediction('a', {3: 'nw', 14: 'ne'}, {14: 'se', 3: 'sw'}, pred_labels=[14])
    first, second = build_targets([p], True)
    assert target_map(p, first, 'given')[200, 10] == 1
    assert target_map(p, second, 'given')[200, 200] == 1
    assert target_map(p, first, 'predicted') is None
    assert target_map(p, second, 'predicted')[200, 200] == 1


def test_a_class_without_a_map_has_none(make_prediction):
    p = make_prediction('a', {3: 'nw'}, {14: 'se'})
    assert target_map(p, build_targets([p], True)[0], 'given') is None


def test_predicted_classes_must_be_there_when_asked_for(make_prediction):
    p = make_prediction('a', {3: 'nw'}, {3: 'nw'})
    with pytest.raises(DataError, match="clip 'a' has no predicted classes"):
        target_map(p, build_targets([p], True)[0], 'predicted')


def test_the_whole_sound_weighs_the_valid_classes_by_probability(make_prediction):
    probabilities = np.zeros(15)
    probabilities[[1, 2, 3]] = 0.9, 0.3, 0.6
    tags = np.zeros(15)
    tags[[2, 3]] = 1
    p = make_prediction(
        'a',
        {2: 'nw', 3: 'ne'},
        {1: 'sw', 2: 'nw', 3: 'ne'},
        pred_tags=probabilities,
        gt_tags=tags,
        pred_labels=[1, 3],
    )
    (target,) = build_targets([p], False)
    given, predicted = (torch.from_numpy(target_map(p, target, t)) for t in ('given', 'predicted'))
    # given: classes 2 and 3 by .3 and .6; predicted: 1 and 3 by .9 and .6
    assert given[[10, 10, 200], [10, 200, 10]].tolist() == pytest.approx([1 / 3, 2 / 3, 0])
    assert predicted[[10, 10, 200], [10, 200, 10]].tolist() == pytest.approx([0, 0.4, 0.6])


def test_each_class_map_is_normalised_as_asked_before_the_sum(make_prediction):
    high, low = np.array([[4.0, 2.0, 0.0]]), np.array([[-0.1, 0.1, 0.1]])
    p = make_prediction('a', {1: 'nw', 2: 'ne'}, {1: high, 2: low}, pred_labels=[1, 2])
    (target,) = build_targets([p], False)
    expected = {min_max: [0.5, 0.75, 0.5], clip_max: [0.5, 0.75, 0.5], None: [1.95, 1.05, 0.05]}
    for normalise, values in expected.items():
        heat = target_map(p, target, 'given', normalise)
        assert heat[0].tolist() == pytest.approx(values)


def test_which_frames_are_scored_by_a_sum_of_class_maps(make_prediction):
    two = make_prediction('a', {1: 'nw', 2: 'ne'}, {1: 'nw', 2: 'ne'})
    assert sums_class_maps(two, class_aware=False)
    assert not sums_class_maps(two, class_aware=True)
    consensus = make_prediction('b', maps={1: 'nw', 2: 'ne'}, annotators=[[1, 1, 9, 9]])
    assert sums_class_maps(consensus, class_aware=True)
    assert not sums_class_maps(make_prediction('c', {1: 'nw'}, {1: 'nw'}), class_aware=False)
    agnostic = make_prediction('d', {1: 'nw', 2: 'ne'}, {-1: 'all'})
    agnostic.maps, agnostic.map_labels = np.repeat(agnostic.maps, 2, 0), np.array([-1, -1])
    assert not sums_class_maps(agnostic, class_aware=False)


def test_the_whole_sound_without_tags_takes_the_predicted_classes(make_prediction):
    p = make_prediction('a', {2: 'nw'}, {1: 'sw', 2: 'nw'}, pred_labels=[1])
    (target,) = build_targets([p], False)
    assert target_map(p, target, 'given')[200, 10] == 1
    assert target_map(p, target, 'given')[10, 10] == 0
    p.pred_labels = np.array([], int)
    assert target_map(p, target, 'given') is None
