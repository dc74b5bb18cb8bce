from mmavl.evaluation import get_protocol
from mmavl.evaluation.table import format_table


def lines(rows):
    return format_table(rows).splitlines()


def row(line):
    return [cell for cell in line.split('  ') if cell.strip()]


def test_a_line_for_each_row_in_percent():
    counts = {'evaluated': 3.0, 'listed': 4.0}
    level = {'level3_ciou': 0.25, 'level3_auc': 0.5, 'level3_mean_ciou': 0.1}
    level |= {'level3_all_sources': 0.0, 'level3_pointing': 1.0, 'pointing': 0.125}
    half_max = get_protocol('half_max')
    text = lines(
        [
            (half_max, 'model', counts | level | {'confusion': 0.031}),
            (half_max, 'whole_image', counts | level),
        ]
    )
    titles = [cell.strip() for cell in row(text[0])]
    assert titles == ['protocol', 'row', 'evaluated', 'L3 cIoU@.3', 'AUC', 'mean', 'all']
    cells = [cell.strip() for cell in row(text[2])]
    assert cells == ['half_max', 'model', '3 of 4', '25.0', '50.0', '10.0', '0.0']
    assert [cell.strip() for cell in row(text[3])][:2] == ['whole image', '3 of 4']
    assert [c.strip() for c in row(text[4])][3:] == ['pointing', 'L3', 'confused']
    assert [c.strip() for c in row(text[6])][3:] == ['12.5', '100.0', '3.1']
    assert [c.strip() for c in row(text[7])][2:] == ['12.5', '100.0', '-']


def test_class_agnostic_rows_are_marked_and_explained():
    summary = {'evaluated': 1.0, 'listed': 1.0, 'class_agnostic': 1.0}
    text = format_table([(get_protocol('half_max'), 'model', summary)])
    assert 'model†' in text
    assert '† one map for all sounds' in text


def test_options_and_the_chosen_threshold_stand_in_the_name():
    summary = {'evaluated': 1.0, 'listed': 1.0, 'invented_per_frame': 0.5}
    protocol = get_protocol('val_best@0.35/predicted')
    text = format_table([(protocol, 'model', summary)])
    assert 'val_best@0.35/predicted' in text
    assert ' 0.50' in text
