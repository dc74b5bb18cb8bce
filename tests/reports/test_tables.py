from mmavl.reports.tables import tables_of_tests, tag_table

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


def column(table, title):
    found = next(column for column in table.columns if column.title == title)
    return {row.name: table.cell(row, found) for row in table.rows}


def test_levels_have_their_own_success_threshold_and_figures_in_percent():
    table = tables_of_tests([('ours', METRICS)])[0]
    assert column(table, 'L1 cIoU@.5') == {'ours': '50.0', 'whole image': '12.5'}
    assert column(table, 'L3 cIoU@.3') == {'ours': '25.0', 'whole image': '-'}
    groups = ['level 1 (6 frames)', 'level 3 (3 frames)']
    assert [title for title, _ in table.groups[1:]] == groups
    assert [row.muted for row in table.rows] == [False, True]


def test_class_agnostic_methods_are_marked_and_keep_trivial_rows_of_their_own():
    table = tables_of_tests([('ours', METRICS), ('avc', AGNOSTIC)])[0]
    assert column(table, 'L1 cIoU@.5') == {
        'ours': '50.0',
        'avc †': '75.0',
        'whole image': '12.5',
        'whole image †': '25.0',
    }
    assert [row.ranked for row in table.rows] == [True, False, False, False]


def test_the_maxima_follow_once_for_given_and_once_for_predicted_tags():
    tables = tables_of_tests([('ours', METRICS)])
    assert [table.title.partition(':')[0] for table in tables] == [
        'half_max',
        'Where the maximum lies',
        'half_max/predicted',
        'Where the maximum lies',
        'val_best/union',
    ]
    given, predicted = tables[1], tables[3]
    assert column(given, 'pointing')['ours'] == '80.0'
    assert column(given, 'evaluated')['ours'] == '9 of 10'
    assert column(predicted, 'missed classes')['ours'] == '20.0'


def test_tags_are_a_table_of_their_own_where_there_are_any():
    table = tag_table([('ours', METRICS), ('avc', AGNOSTIC)])
    assert column(table, 'mAP audio') == {'ours': '90.0', 'avc': '-'}
    assert len(table.columns) == 1
    assert tag_table([('avc', AGNOSTIC)]) is None
