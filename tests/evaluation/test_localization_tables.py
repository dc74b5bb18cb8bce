from mmavl.evaluation import get_protocol
from mmavl.evaluation.localization_tables import (
    evaluation_tables,
    extra_table,
    localization_tables,
    summary_row,
    tables_of_tests,
    tag_table,
    with_notes,
)

HALF_MAX = get_protocol('half_max')
COUNTS = {'evaluated': 3.0, 'listed': 4.0}
LEVEL = {'level3_frames': 3.0, 'level3_ciou': 0.25, 'level3_auc': 0.5, 'level3_mean_ciou': 0.1}
LEVEL |= {'level3_all_sources': 0.0, 'level3_pointing': 1.0, 'pointing': 0.125}


def rows():
    return [
        summary_row('model', COUNTS | LEVEL | {'confusion': 0.031}, protocol='half_max'),
        summary_row('whole image', COUNTS | LEVEL, protocol='half_max', muted=True),
    ]


def cells(line):
    return [cell.strip() for cell in line.split('  ') if cell.strip()]


def test_a_line_for_each_row_in_percent():
    text = with_notes(localization_tables(rows(), HALF_MAX)).splitlines()
    titles = ['protocol', 'row', 'evaluated', 'L3 cIoU@.3', 'AUC', 'mean', 'all sources']
    assert cells(text[0]) == titles
    assert cells(text[2]) == ['half_max', 'model', '3 of 4', '25.0', '50.0', '10.0', '0.0']
    assert cells(text[3])[:2] == ['whole image', '3 of 4']
    assert cells(text[4])[3:] == ['pointing', 'L3', 'other sounding']
    assert cells(text[6])[3:] == ['12.5', '100.0', '3.1']
    assert cells(text[7])[2:] == ['12.5', '100.0', '-']
    assert text[8].startswith('Percent. cIoU@t: share of frames')
    assert '†' not in text[-1]


def test_levels_are_groups_with_their_frames_and_only_merits_are_ranked():
    covering, peaks = localization_tables(rows(), HALF_MAX)
    assert [column.group for column in covering.columns] == ['', *['level 3 (3 frames)'] * 4]
    assert covering.title == 'half_max: sounding classes given, percent'
    assert [column.key for column in peaks.columns if column.ranked] == [
        'pointing',
        'level3_pointing',
    ]
    assert [row.ranked for row in peaks.rows] == [True, False]


def test_class_agnostic_rows_are_marked_explained_and_out_of_competition():
    row = summary_row('model', {'evaluated': 1.0, 'listed': 1.0, 'class_agnostic': 1.0})
    text = with_notes(localization_tables([row], HALF_MAX))
    assert 'model †' in text
    assert '† one map for all sounds' in text
    assert not row.ranked


def test_consensus_maps_have_the_first_levels_threshold():
    summary = {'consensus_frames': 2.0, 'consensus_ciou': 0.5}
    covering, _ = localization_tables([summary_row('model', summary)], HALF_MAX)
    assert [column.title for column in covering.columns] == ['consensus cIoU@.5']


def test_classes_invented_in_a_frame_are_a_number_not_percent():
    row = summary_row('model', COUNTS | {'invented_per_frame': 0.5})
    _, peaks = localization_tables([row], get_protocol('half_max/predicted'))
    assert peaks.title == 'Where the maximum lies: sounding classes predicted, percent'
    assert ' 0.50' in peaks.to_text()


TESTED = {
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
    table = tables_of_tests([('ours', TESTED)])[0]
    assert column(table, 'L1 cIoU@.5') == {'ours': '50.0', 'whole image': '12.5'}
    assert column(table, 'L3 cIoU@.3') == {'ours': '25.0', 'whole image': '-'}
    groups = dict.fromkeys(column.group for column in table.columns)
    assert [*groups] == ['', 'level 1 (6 frames)', 'level 3 (3 frames)']
    assert [row.muted for row in table.rows] == [False, True]


def test_class_agnostic_methods_are_marked_and_keep_trivial_rows_of_their_own():
    table = tables_of_tests([('ours', TESTED), ('avc', AGNOSTIC)])[0]
    assert column(table, 'L1 cIoU@.5') == {
        'ours': '50.0',
        'avc †': '75.0',
        'whole image': '12.5',
        'whole image †': '25.0',
    }
    assert [row.ranked for row in table.rows] == [True, False, False, False]


def test_the_maxima_follow_once_for_given_and_once_for_predicted_tags():
    tables = tables_of_tests([('ours', TESTED)])
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
    table = tag_table([('ours', TESTED), ('avc', AGNOSTIC)])
    assert column(table, 'mAP audio') == {'ours': '90.0', 'avc': '-'}
    assert len(table.columns) == 1
    assert tag_table([('avc', AGNOSTIC)]) is None


def test_protocols_with_another_success_have_tables_of_their_own():
    lvs, duet = get_protocol('lvs'), get_protocol('avgn_relative')
    summary = COUNTS | {'level2_frames': 1.0, 'level2_ciou': 0.5, 'level2_auc': 0.5}
    extra = {'pixel_ap/cap': 0.25, 'count/extra': 1.5}
    rows = {
        lvs: [summary_row('model', summary, protocol='lvs')],
        duet: [summary_row('model', summary | extra, protocol='avgn_relative')],
    }
    tables = evaluation_tables(rows)
    assert len(tables) == 5
    assert [tables[i].columns[1].title for i in (0, 2)] == ['L2 cIoU@.5', 'L2 cIoU@.3']
    lines = tables[4].to_text().splitlines()
    assert cells(lines[0]) == ['protocol', 'row', 'CAP', 'extra per frame']
    assert [cells(line) for line in lines[2:]] == [['avgn_relative', 'model', '25.0', '1.50']]
    assert len(evaluation_tables({HALF_MAX: rows[lvs]})) == 2


def test_without_further_metrics_there_is_no_table_of_them():
    assert extra_table(rows()) is None
