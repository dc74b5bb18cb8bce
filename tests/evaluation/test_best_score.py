import numpy as np
import pytest

from mmavl.evaluation.best_score import main_score, rule_of
from mmavl.evaluation.localization import evaluate_localization
from mmavl.evaluation.separation import MixtureScores, summarise
from mmavl.evaluation.tags import evaluate_tags

METAINFO = {'classes': [str(number) for number in range(22)], 'dataset': 'x', 'split': 'val'}


@pytest.fixture
def predictions(make_prediction):
    tags = np.eye(22, dtype=np.float32)
    given = {
        'pred_tags': tags[1],
        'pred_visual_tags': tags[1],
        'gt_tags': tags[1],
        'pred_avc': np.array([0.9, 0.1]),
        'pred_labels': np.array([1, 2]),
    }
    return [
        make_prediction('a', {1: 'nw', 11: 'ne'}, {1: 'nw', 11: 'ne'}, {2: 'sw'}, **given),
        make_prediction('b', {1: 'nw'}, {1: 'ne'}, {12: 'sw'}, **given),
        make_prediction('c', {1: 'nw'}, {-1: 'ne'}, **given),
    ]


@pytest.fixture
def separation():
    rows = dict.fromkeys(('model', 'mixture', 'ideal_binary', 'ideal_ratio'), [[5.0] * 4] * 2)
    return summarise([MixtureScores('a', [0, 1], rows)], ['Horn', 'Harp'])


def kinds(keys):
    """The keys by what they are; a metric that mmavl does not know fails."""
    found = {}
    for key in keys:
        try:
            kind = rule_of(key)
        except ValueError as error:
            kind = 'count' if 'count' in str(error) else 'row'
        found.setdefault(kind, set()).add(key)
    assert None not in found
    return found


def test_each_metric_of_localization_is_a_score_with_a_rule_or_refused(predictions):
    protocols = ('half_max', 'half_max/predicted', 'val_best@0.3')
    metrics = evaluate_localization(predictions, METAINFO, protocols).metrics
    found = kinds(metrics)
    assert {
        'half_max/average_ciou', 'half_max/level2_auc', 'half_max/sfd/own', 'half_max/pointing',
        'half_max/level1_all_sources', 'half_max/predicted/all_sources', 'half_max/sfd/mean_ciou',
    } <= found['greater']  # fmt: skip
    assert {'half_max/distraction_same', 'half_max/sfd/silent'} <= found['less']
    assert {key for key in metrics if key.endswith(('missed_classes', 'distraction'))} <= (
        found['less']
    )
    assert {
        'half_max/evaluated', 'half_max/listed', 'half_max/level1_frames', 'half_max/sfd/pairs',
        'half_max/class_agnostic', 'val_best/threshold',
    } <= found['count']  # fmt: skip
    assert 'half_max/centred_disc/average_ciou' in found['row']
    assert main_score(metrics) == 'half_max/average_ciou'


def test_each_metric_of_tags_is_a_score_or_refused(predictions):
    found = kinds(f'tags/{key}' for key in evaluate_tags(predictions))
    assert found == {
        'greater': {'tags/audio_map', 'tags/visual_map', 'tags/avc_accuracy'},
        'count': {'tags/audio_classes', 'tags/visual_classes'},
    }
    assert main_score(['tags/audio_classes', 'tags/visual_map', 'tags/audio_map']) == (
        'tags/audio_map'
    )


def test_each_metric_of_separation_is_a_score_or_refused(separation):
    found = kinds(f'separation/{key}' for key in separation)
    assert {'separation/sdr', 'separation/class/Horn/sdr_improvement'} <= found['greater']
    assert found['count'] == {
        f'separation/{key}'
        for key in ('listed', 'evaluated', 'skipped', 'class/Horn/sources', 'class/Harp/sources')
    }
    assert 'separation/mixture/sdr' in found['row']
    assert main_score(f'separation/{key}' for key in separation) == 'separation/sdr'


@pytest.mark.parametrize(
    ('key', 'rule'),
    [
        ('lvs/iiou/success', 'greater'),
        ('avgn/per_source/ciou', 'greater'),
        ('avgn/pixel_ap/piap', 'greater'),
        ('no_prior/count/accuracy', 'greater'),
        ('no_prior/count/missed', 'less'),
        ('dsol_duet/nsa/nsa', 'greater'),
        ('slavc/extended/max_f1', 'greater'),
    ],
)
def test_extra_metrics_are_scores(key, rule):
    assert rule_of(key) == rule


@pytest.mark.parametrize('key', ['oracle_area/level1_ciou', 'oracle_adaptive/iiou/success'])
def test_no_checkpoint_is_chosen_by_an_upper_bound(key):
    with pytest.raises(ValueError, match='an upper bound'):
        rule_of(key)
    assert main_score([key, 'half_max/pointing']) == 'half_max/pointing'


def test_metrics_of_others_have_no_rule_here():
    assert rule_of('coco/bbox_mAP') is None
    assert main_score(['loss', 'coco/bbox_mAP', 'half_max/listed']) is None


def test_where_the_main_scores_are_missing_any_score_serves():
    assert main_score(['half_max/listed', 'half_max/confusion', 'half_max/pointing']) == (
        'half_max/pointing'
    )
