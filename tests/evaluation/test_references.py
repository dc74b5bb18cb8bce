import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.evaluation import evaluate_localization, with_references

METAINFO = {'classes': ['A', 'B']}


def sample(clip, boxes, labels, sounding, frame=0):
    return {
        'clip_id': clip,
        'frame_index': frame,
        'boxes': np.array(boxes, np.float32).reshape(-1, 4),
        'box_labels': np.array(labels),
        'box_families': np.array(labels),
        'box_names': ['AB'[label] for label in labels],
        'box_sounding': np.array(sounding, bool),
    }


def test_the_same_maps_are_scored_against_the_other_boxes(make_prediction):
    predictions = [make_prediction(clip, {0: 'nw'}, maps={0: 'nw'}) for clip in ('x', 'y')]
    other = [
        sample('y', [[0, 0, 1, 1]], [0], [True]),
        sample('x', [[0, 0, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]], [0, 1], [True, False]),
    ]
    found = with_references(predictions, other, 'other.json')
    assert [p.clip_id for p in found] == ['x', 'y']
    assert found[0].boxes.tolist() == [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]
    assert found[0].box_names == ['A', 'B']
    assert found[0].box_sounding.tolist() == [True, False]
    report = evaluate_localization(found, METAINFO, ['half_max'])
    assert [s['ciou'] for s in report.per_sample] == [1.0, 0.25]
    assert report.metrics['half_max/distraction'] == 0.0


def test_a_frame_without_a_box_is_listed_and_not_evaluated(make_prediction):
    predictions = [
        make_prediction('x', {0: 'nw'}, maps={0: 'nw'}, frame_index=frame) for frame in range(3)
    ]
    other = [sample('x', [[0, 0, 0.5, 0.5]], [0], [True]), sample('x', [], [], [], frame=1)]
    found = with_references(predictions, other, 'other.json')
    metrics = evaluate_localization(found, METAINFO, ['half_max']).metrics
    assert metrics['half_max/listed'] == 3
    assert metrics['half_max/evaluated'] == 1


def test_annotators_and_consensus_maps_do_not_outlive_their_manifest(make_prediction):
    predictions = [make_prediction('x', annotators=[[1, 1, 9, 9]], gt_map=np.ones((2, 2)))]
    found = with_references(predictions, [sample('x', [], [], [])], 'other.json')
    assert found[0].annotators is None
    assert found[0].gt_map is None
    assert not found[0].negative
    nothing = {**sample('x', [], [], []), 'negative': True}
    assert with_references(predictions, [nothing], 'other.json')[0].negative


def test_a_manifest_of_another_split_is_refused(make_prediction):
    predictions = [make_prediction(clip) for clip in 'xyz']
    with pytest.raises(DataError, match=r"other\.json has no annotated frame for 2 .*'y' among"):
        with_references(predictions, [sample('x', [], [], [])], 'other.json')
