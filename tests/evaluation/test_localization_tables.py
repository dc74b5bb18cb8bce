from mmavl.evaluation import get_protocol
from mmavl.evaluation.localization_tables import localization_tables, summary_row, with_notes

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
    text = with_notes(localization_tables(rows(), HALF_MAX, head='row')).splitlines()
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
    assert covering.groups == [('', 1), ('level 3 (3 frames)', 4)]
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
