from mmavl.visualization.tables import localization_tables, protocols_of, tag_table, under

METRICS = {
    'half_max/evaluated': 9.0,
    'half_max/listed': 10.0,
    'half_max/level1_frames': 6.0,
    'half_max/level1_ciou': 0.5,
    'half_max/level3_frames': 3.0,
    'half_max/level3_ciou': 0.25,
    'half_max/pointing': 0.8,
    'half_max/sfd/silent': 0.1,
    'half_max/whole_image/level1_ciou': 0.125,
    'half_max/predicted/level1_frames': 6.0,
    'half_max/predicted/level1_ciou': 0.4,
    'half_max/predicted/missed_classes': 0.2,
    'val_best/union/level1_ciou': 0.7,
    'tags/audio_map': 0.9,
    'tags/audio_classes': 3.0,
}
AGNOSTIC = {
    'half_max/level1_frames': 6.0,
    'half_max/level1_ciou': 0.75,
    'half_max/class_agnostic': 1.0,
    'half_max/whole_image/level1_ciou': 0.25,
}


def column(table, name, group=''):
    index = next(i for i, c in enumerate(table.columns) if c[1] == name and c[0].startswith(group))
    return {row.name: row.values[index] for row in table.rows}


def test_protocols_are_told_apart_with_their_options():
    assert protocols_of(METRICS) == ['half_max', 'half_max/predicted', 'val_best/union']
    assert under(METRICS, 'half_max/predicted') == {
        'level1_frames': 6.0,
        'level1_ciou': 0.4,
        'missed_classes': 0.2,
    }
    assert 'predicted/level1_ciou' not in under(METRICS, 'half_max')


def test_levels_have_their_own_success_threshold_and_figures_in_percent():
    table = localization_tables([('ours', METRICS)])[0]
    assert column(table, 'cIoU@.5', 'level 1 (6 frames)') == {'ours': 50.0, 'whole image': 12.5}
    assert column(table, 'cIoU@.3', 'level 3 (3 frames)') == {'ours': 25.0, 'whole image': None}
    assert [row.muted for row in table.rows] == [False, True]


def test_class_agnostic_methods_are_marked_and_keep_trivial_rows_of_their_own():
    table = localization_tables([('ours', METRICS), ('avc', AGNOSTIC)])[0]
    assert column(table, 'cIoU@.5') == {
        'ours': 50.0,
        'avc †': 75.0,
        'whole image': 12.5,
        'whole image †': 25.0,
    }
    assert [row.ranked for row in table.rows] == [True, False, False, False]


def test_the_maxima_follow_once_for_given_and_once_for_predicted_tags():
    tables = localization_tables([('ours', METRICS)])
    assert len(tables) == 5
    given, predicted = tables[1], tables[3]
    assert column(given, 'own box')['ours'] == 80.0
    assert column(given, 'listed')['ours'] == 10.0
    assert [given.columns[i][1] for i in given.ranked] == ['own box']
    assert [given.columns[i][1] for i in given.counts] == ['evaluated', 'listed']
    assert column(predicted, 'missed classes')['ours'] == 20.0


def test_tags_are_a_table_of_their_own_where_there_are_any():
    table = tag_table([('ours', METRICS), ('avc', AGNOSTIC)])
    assert column(table, 'mAP of what is heard') == {'ours': 90.0, 'avc': None}
    assert len(table.columns) == 1
    assert tag_table([('avc', AGNOSTIC)]) is None
