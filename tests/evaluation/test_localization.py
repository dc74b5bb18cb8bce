from dataclasses import replace

import numpy as np
import pytest

from mmavl.evaluation import (
    Prediction,
    choose_threshold,
    evaluate_localization,
    get_protocol,
    write_predictions,
)

TEST = {'dataset': 'x', 'split': 'test', 'classes': ['A', 'B']}
VAL = TEST | {'split': 'val'}


def pyramid(quarter, half):
    """1 in the last quarter of columns, ``half`` beside it, 0 in the rest, on 256 x 256."""
    values = np.zeros((256, 256), np.float32)
    values[:, 128:] = half
    values[:, 192:] = quarter
    return values


def boxed(clip, box, values):
    return Prediction(
        clip,
        boxes=[box],
        box_labels=[1],
        box_sounding=[True],
        box_families=[-1],
        maps=values[None],
        map_labels=[1],
    )


@pytest.fixture
def predictions():
    """cIoU of the eastern half: 1 below the threshold .4, .5 up to 1."""
    return [boxed(f'{i}', [0.5, 0, 1, 1], pyramid(1, 0.4)) for i in range(3)]


def test_metrics_of_every_protocol_with_their_trivial_rows(predictions):
    report = evaluate_localization(predictions, TEST, ['half_max', 'original'])
    metrics = report.metrics
    assert metrics['half_max/level1_mean_ciou'] == 0.5
    assert metrics['original/level1_mean_ciou'] == 1.0
    for name in ('half_max', 'original'):
        assert metrics[f'{name}/level1_ciou'] == 1.0
        assert metrics[f'{name}/whole_image/level1_mean_ciou'] == 0.5
        assert metrics[f'{name}/centred_disc/pointing'] == 0.5
        assert (metrics[f'{name}/evaluated'], metrics[f'{name}/listed']) == (3, 3)
    assert all(isinstance(value, float) for value in metrics.values())


def test_per_sample_scores_are_those_of_the_first_protocol(predictions):
    for first, second, expected in [('half_max', 'original', 0.5), ('original', 'half_max', 1.0)]:
        report = evaluate_localization(predictions, TEST, [first, second])
        assert [record['ciou'] for record in report.per_sample] == [expected] * 3
        assert report.per_sample[0]['classes'][0]['class'] == 'B'


def test_the_threshold_is_chosen_by_success_on_val(predictions):
    # the whole east reaches cIoU .5 either way; of a box of 3/8 of the columns, the half of the
    # frame covers 3/4, the quarter 2/3: both succeed at .5; of 1/16 only a higher one would
    assert choose_threshold(predictions, get_protocol('val_best')) == 0.05
    last_eighth = [boxed('a', [0.75, 0, 1, 1], pyramid(1, 0.4))]
    # below .4 the mask is twice the box and still succeeds at .5
    assert choose_threshold(last_eighth, get_protocol('val_best')) == 0.05
    narrow = [boxed('a', [0.8125, 0, 1, 1], pyramid(1, 0.4))]
    # 3/16 of the frame: the half gives 3/8, the quarter 3/4
    assert choose_threshold(narrow, get_protocol('val_best')) == pytest.approx(0.4)


def test_the_threshold_is_the_mean_over_levels_not_over_frames():
    # 1 frame of level 2 that wants a high threshold outweighs 2 of 3 frames of level 1 that
    # want a low one: 1/3 + 1 against 2/3 + 0
    high, low = pyramid(1, 0.4), pyramid(1, 0.4)
    level_1 = [
        boxed('a', [0.8125, 0, 1, 1], high),
        boxed('b', [0.4375, 0, 1, 1], low),
        boxed('c', [0.4375, 0, 1, 1], low),
    ]
    pair = Prediction(
        'd',
        boxes=[[0.8125, 0, 1, 1]] * 2,
        box_labels=[0, 1],
        box_sounding=[True, True],
        box_families=[-1, -1],
        maps=[high, high],
        map_labels=[0, 1],
    )
    assert choose_threshold(level_1, get_protocol('val_best')) == 0.05
    assert choose_threshold([*level_1, pair], get_protocol('val_best')) == pytest.approx(0.4)


def test_val_best_takes_its_threshold_from_the_dump(predictions, tmp_path):
    narrow = [boxed('a', [0.8125, 0, 1, 1], pyramid(1, 0.4))]
    write_predictions(tmp_path / 'val.npz', narrow, VAL)
    report = evaluate_localization(predictions, TEST, ['val_best'], tmp_path / 'val.npz')
    assert report.metrics['val_best/threshold'] == pytest.approx(0.4)
    assert report.metrics['val_best/level1_mean_ciou'] == 0.5
    assert 'val_best@0.4' in report.table
    fixed = evaluate_localization(predictions, TEST, ['val_best@0.3'], tmp_path / 'val.npz')
    assert fixed.metrics['val_best/level1_mean_ciou'] == 1.0


def test_a_threshold_is_never_chosen_on_the_split_that_is_reported(predictions, tmp_path):
    write_predictions(tmp_path / 'test.npz', predictions, TEST)
    with pytest.raises(ValueError, match=r"test\.npz holds the split that is reported \('test'\)"):
        evaluate_localization(predictions, TEST, ['val_best'], tmp_path / 'test.npz')


def test_a_dump_of_other_classes_is_refused(predictions, tmp_path):
    write_predictions(tmp_path / 'val.npz', predictions, VAL | {'classes': ['A', 'B', 'C']})
    with pytest.raises(ValueError, match='other classes'):
        evaluate_localization(predictions, TEST, ['val_best'], tmp_path / 'val.npz')


def test_a_val_split_without_references_chooses_nothing():
    with pytest.raises(ValueError, match='no frame of the validation split'):
        choose_threshold([Prediction('a')], get_protocol('val_best'))


@pytest.mark.parametrize(
    ('protocols', 'message'),
    [
        (['val_best'], 'val_best@0.35'),
        ([], 'at least one'),
        (['half_max', 'half_max'], 'only once'),
        (['val_best@0.2', 'val_best@0.3'], 'only once'),
    ],
)
def test_protocols_that_cannot_be_scored(predictions, protocols, message):
    with pytest.raises(ValueError, match=message):
        evaluate_localization(predictions, TEST, protocols)


def test_sums_of_class_maps_are_reported_with_and_without_normalising_them():
    west, east = np.zeros((2, 256, 256), np.float32)
    west[:, :64], east[:, 192:] = 1, 0.5
    frame = Prediction(
        'a',
        boxes=[[0, 0, 0.25, 1], [0.75, 0, 1, 1]],
        box_labels=[0, 1],
        box_sounding=[True, True],
        box_families=[-1, -1],
        maps=[west, east],
        map_labels=[0, 1],
        pred_labels=[0, 1],
        pred_tags=[0.8, 0.6],
    )
    report = evaluate_localization([frame], TEST, ['half_max', 'half_max/union'])
    metrics = report.metrics
    # the eastern map has 3/4 of the sum's maximum if normalised, 3/8 if not
    assert metrics['half_max/union/level2_mean_ciou'] == 1.0
    assert metrics['half_max/union/raw_sum/level2_mean_ciou'] == 0.5
    assert not any(key.startswith('half_max/raw_sum') for key in metrics)
    rows = [(row.protocol, row.name) for row in report.tables[0].rows]
    assert rows[-4:] == [
        ('half_max/union', 'model'),
        ('half_max/union', 'whole image'),
        ('half_max/union', 'centred disc'),
        ('half_max/union/raw_sum', 'model'),
    ]


def test_a_raw_sum_that_is_asked_for_alone_is_scored_alone_and_with_trivial_rows(predictions):
    report = evaluate_localization(predictions, TEST, ['half_max/union/raw_sum'])
    assert {key.rpartition('raw_sum/')[0] for key in report.metrics} == {'half_max/union/'}
    assert 'half_max/union/raw_sum/whole_image/level1_ciou' in report.metrics


def test_absolute_scores_are_summed_as_they_are_and_so_reported_once(predictions):
    frame = replace(predictions[0], maps=np.repeat(predictions[0].maps, 2, 0), map_labels=[0, 1])
    report = evaluate_localization([frame], TEST, ['absolute/union'])
    assert not any('raw_sum' in key for key in report.metrics)
