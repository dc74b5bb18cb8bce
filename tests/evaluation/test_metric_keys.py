from mmavl.evaluation.metric_keys import from_keys, to_keys

SUMMARIES = {
    'half_max': {
        'model': {'level1_ciou': 0.5, 'sfd/own': 0.1, 'evaluated': 9.0},
        'whole_image': {'level1_ciou': 0.125},
    },
    'half_max/union/predicted': {'model': {'level1_ciou': 0.4}},
    'half_max/union/predicted/raw_sum': {'model': {'level1_ciou': 0.3}},
}


def test_keys_name_protocol_row_and_metric_and_are_read_back():
    keys = to_keys(SUMMARIES)
    assert list(keys) == [
        'half_max/level1_ciou',
        'half_max/sfd/own',
        'half_max/evaluated',
        'half_max/whole_image/level1_ciou',
        'half_max/union/predicted/level1_ciou',
        'half_max/union/predicted/raw_sum/level1_ciou',
    ]
    assert from_keys(keys) == SUMMARIES
    assert from_keys({f'test/{key}': value for key, value in keys.items()}) == SUMMARIES


def test_of_rows_without_a_model_only_what_compares_is_kept():
    rows = {'centred_disc': {'evaluated': 9.0, 'sfd/own': 0.1, 'pointing': 0.2, 'level1_auc': 0.3}}
    assert list(to_keys({'median': rows})) == [
        'median/centred_disc/pointing',
        'median/centred_disc/level1_auc',
    ]


def test_metrics_without_a_protocol_are_left_out():
    assert from_keys({'tags/audio_map': 0.9, 'loss': 1.0, 'half_max': 1.0}) == {}
