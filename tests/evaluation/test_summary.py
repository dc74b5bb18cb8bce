import numpy as np
import pytest

from mmavl.evaluation import Prediction, get_protocol
from mmavl.evaluation.scoring import score
from mmavl.evaluation.summary import sample_scores, summarise


def summary(predictions, protocol='half_max', row='model'):
    (scores,) = score(predictions, [get_protocol(protocol)], (row,))[row]
    return summarise(scores, predictions)


def test_eq_9_means_over_classes_and_success_is_counted_over_frames(make_prediction):
    frames = [
        make_prediction('a', {1: 'nw', 11: 'ne'}, {1: 'nw', 11: 'north'}),  # (1 + .5) / 2
        make_prediction('b', {1: 'nw', 11: 'ne'}, {1: 'north', 11: 'se'}),  # (.5 + 0) / 2
        make_prediction('c', {1: 'nw'}, {1: 'north'}),  # .5
        make_prediction('d', {1: 'nw'}, {1: 'ne'}),  # 0
        make_prediction('e', {1: 'nw'}, {1: 'nw'}),  # 1
    ]
    found = summary(frames)
    assert found['level1_frames'] == 3
    assert found['level1_ciou'] == pytest.approx(2 / 3)
    assert found['level1_mean_ciou'] == 0.5
    assert found['level2_frames'] == 2
    assert found['level2_ciou'] == 0.5  # .75 reaches .5, .25 does not
    assert found['level2_mean_ciou'] == 0.5
    # .75: 16 of 21 thresholds; .25: 6; the trapezoid of a mean is the mean of the trapezoids
    assert found['level2_auc'] == pytest.approx((0.775 + 0.275) / 2)
    assert found['average_ciou'] == pytest.approx((2 / 3 + 0.5) / 2)
    assert found['evaluated'] == found['listed'] == 5


def test_level_3_succeeds_at_three_tenths(make_prediction):
    third = make_prediction(
        'a', {1: 'nw', 11: 'ne', 21: 'sw'}, {1: 'nw', 11: 'se', 21: 'se'}
    )  # 1 / 3
    assert summary([third])['level3_ciou'] == 1.0
    three_quarters = np.ones((256, 256))
    three_quarters[128:, 128:] = 0
    pair = make_prediction(
        'b', {1: 'nw', 11: 'ne'}, {1: 'north', 11: three_quarters}
    )  # (1 / 2 + 1 / 3) / 2
    assert summary([pair])['level2_ciou'] == 0.0


def test_all_sources_asks_every_class_where_the_mean_hides_one(make_prediction):
    hidden = make_prediction('a', {1: 'nw', 11: 'ne'}, {1: 'nw', 11: 'se'})  # 1 and 0
    both = make_prediction('b', {1: 'nw', 11: 'ne'}, {1: 'north', 11: 'north'})  # .5 and .5
    found = summary([hidden, both])
    assert found['level2_ciou'] == 1.0
    assert found['level2_all_sources'] == 0.5
    assert found['all_sources'] == 0.5


def test_one_map_of_everything_succeeds_by_mean_and_not_in_all_sources(make_prediction):
    # the sentence of the protocol: 100 % at level 2 without any separation
    boxes = {1: 'nw', 11: 'ne'}
    p = make_prediction('a', boxes, {1: 'north', 11: 'north'})
    assert summary([p])['level2_ciou'] == 1.0
    assert summary([make_prediction('a', boxes, {1: 'nw', 11: 'nw'})])['level2_all_sources'] == 0


def test_frames_without_a_reference_are_listed_and_not_evaluated(make_prediction):
    frames = [
        make_prediction('a', {1: 'nw'}, {1: 'nw'}),
        make_prediction('b', silent={1: 'nw'}),
        Prediction('c'),
    ]
    found = summary(frames)
    assert (found['evaluated'], found['listed']) == (1, 3)


def test_an_undefined_class_is_left_out_of_its_frame_and_an_undefined_frame_of_all(
    make_prediction,
):
    boxes = [[0, 0, 0.5, 0.5], [0.6, 0.6, 0.6, 0.9]]
    empty = np.zeros((256, 256))
    partly = make_prediction('a', {1: 'nw', 11: 'ne'}, {1: 'nw', 11: empty}, boxes=boxes)
    wholly = make_prediction('b', {1: 'nw'}, {1: empty}, boxes=boxes[1:])
    found = summary([partly, wholly])
    assert (found['evaluated'], found['listed']) == (1, 2)
    assert found['level2_mean_ciou'] == 1.0
    assert 'level1_frames' not in found


def test_distraction_is_of_pairs_that_stand_beside_a_silent_instrument(make_prediction):
    frames = [
        make_prediction('a', {1: 'nw'}, {1: 'sw'}, silent={2: 'sw'}),  # same family
        make_prediction('b', {1: 'nw'}, {1: 'sw'}, silent={12: 'sw'}),  # another family
        make_prediction('c', {1: 'nw'}, {1: 'nw'}, silent={2: 'sw'}),
        make_prediction('d', {1: 'nw'}, {1: 'se'}, silent={2: 'sw'}),  # background
        make_prediction('e', {1: 'nw'}, {1: 'nw'}),  # nothing to be distracted by
    ]
    found = summary(frames)
    assert found['pointing'] == pytest.approx(2 / 5)
    assert found['distraction'] == pytest.approx(2 / 4)
    assert found['distraction_same'] == pytest.approx(1 / 4)
    assert found['distraction_other'] == pytest.approx(1 / 4)
    assert 'confusion' not in found


def test_without_known_families_only_the_overall_distraction_is_given(make_prediction):
    p = make_prediction('a', {1: 'nw'}, {1: 'sw'}, silent={2: 'sw'}, box_families=[-1, -1])
    found = summary([p])
    assert found['distraction'] == 1.0
    assert not {'distraction_same', 'distraction_other', 'sfd/own'} & set(found)


def test_confusion_is_of_pairs_with_another_sounding_class(make_prediction):
    frames = [
        make_prediction('a', {1: 'nw', 11: 'ne'}, {1: 'ne', 11: 'ne'}),
        make_prediction('b', {1: 'nw'}, {1: 'ne'}),
    ]
    found = summary(frames)
    assert found['confusion'] == 0.5
    assert found['level2_pointing'] == 0.5
    assert found['level1_pointing'] == 0.0


def test_sfd_counts_only_the_classes_whose_family_is_shown_silent(make_prediction):
    frames = [
        # class 1 has a silent relative, class 11 of the same frame has none
        make_prediction('a', {1: 'nw', 11: 'ne'}, {1: 'sw', 11: 'ne'}, silent={2: 'sw'}),
        make_prediction('b', {1: 'nw'}, {1: 'nw'}, silent={2: 'sw'}),
        make_prediction('c', {1: 'nw'}, {1: 'se'}, silent={2: 'sw'}),
        make_prediction('d', {1: 'nw'}, {1: 'sw'}, silent={12: 'sw'}),  # another family
    ]
    found = summary(frames)
    assert (found['sfd/frames'], found['sfd/pairs']) == (3, 3)
    assert found['sfd/own'] == pytest.approx(1 / 3)
    assert found['sfd/silent'] == pytest.approx(1 / 3)
    assert found['sfd/mean_ciou'] == pytest.approx((0.5 + 1 + 0) / 3)
    assert found['sfd/all_sources'] == pytest.approx(1 / 3)


def test_a_class_agnostic_map_is_scored_on_the_union_and_marked(make_prediction):
    p = make_prediction('a', {1: 'nw', 11: 'ne'}, {-1: 'north'}, silent={2: 'sw'})
    found = summary([p])
    assert found['level2_ciou'] == 1.0
    assert found['pointing'] == 1.0
    assert found['class_agnostic'] == 1.0
    assert found['sfd/pairs'] == 1
    assert 'confusion' not in found
    assert summary([p], row='whole_image')['level2_mean_ciou'] == 0.5
    assert 'class_agnostic' not in summary([make_prediction('b', {1: 'nw'}, {1: 'nw'})])


def test_missed_and_invented_classes(make_prediction):
    tags = np.zeros(30)
    tags[[1, 21]] = 1
    frames = [
        # does not hear 11, invents 12; 21 is in the tags though it is not seen
        make_prediction(
            'a', {1: 'nw', 11: 'ne'}, {1: 'nw'}, pred_labels=[1, 12, 21], gt_tags=tags
        ),
        make_prediction('b', {1: 'nw'}, {1: 'nw'}, pred_labels=[1]),
    ]
    found = summary(frames, 'half_max/predicted')
    assert found['missed_classes'] == pytest.approx(1 / 3)
    assert found['invented_per_frame'] == 0.5
    assert summary(frames)['missed_classes'] == pytest.approx(1 / 3)
    trivial = summary(frames, 'half_max/predicted', 'whole_image')
    assert not {'missed_classes', 'invented_per_frame'} & set(trivial)


def test_a_consensus_reference_has_a_row_of_its_own():
    half = np.zeros((256, 256))
    half[:128] = 1
    p = Prediction('a', gt_map=half, maps=half[None], map_labels=[-1])
    found = summary([p])
    assert found['consensus_ciou'] == found['consensus_mean_ciou'] == 1.0
    assert found['average_ciou'] == 1.0
    assert not any(key.startswith('level') for key in found)


def test_the_chosen_threshold_is_reported(make_prediction):
    p = make_prediction('a', {1: 'nw'}, {1: 'nw'})
    assert summary([p], 'val_best@0.35')['threshold'] == 0.35
    assert 'threshold' not in summary([p])


def test_nothing_at_all():
    assert summary([]) == {'evaluated': 0.0, 'listed': 0.0}


def test_a_record_for_every_listed_frame(make_prediction):
    frames = [
        make_prediction(
            'a', {1: 'nw', 11: 'ne'}, {1: 'north', 11: 'ne'}, silent={2: 'sw'}, img_path='a.jpg'
        ),
        Prediction('b', 7),
        make_prediction('c', {0: 'nw'}, {0: 'se'}),
    ]
    (scores,) = score(frames, [get_protocol('half_max')])['model']
    classes = [f'class{i}' for i in range(12)]
    a, b, c = sample_scores(scores, frames, {'classes': classes})
    assert a == {
        'clip_id': 'a',
        'frame_index': 0,
        'img_path': 'a.jpg',
        'audio_path': '',
        'level': 2,
        'ciou': 0.75,
        'all_sources': True,
        'pointing': 0.75,
        'sfd': True,
        'classes': [
            {'class': 'class1', 'ciou': 0.5, 'pointing': 0.5, 'has_map': True},
            {'class': 'class11', 'ciou': 1.0, 'pointing': 1.0, 'has_map': True},
        ],
    }
    assert (b['clip_id'], b['frame_index'], b['classes']) == ('b', 7, [])
    assert b['ciou'] is b['level'] is b['pointing'] is b['all_sources'] is None
    assert b['sfd'] is False
    assert (c['ciou'], c['all_sources'], c['sfd']) == (0.0, False, False)
