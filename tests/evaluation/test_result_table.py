import re

import pytest

from mmavl.evaluation.result_table import Column, ResultTable, Row, row_of_runs

NAN = float('nan')
SHARE = Column('own', 'SFD own', percent=True)
COUNT = Column('evaluated', 'evaluated', digits=0, of='listed')


def cells(html):
    return re.findall(r'<td[^>]*>([^<]*)</td>', html)


def best(html):
    return re.findall(r'<td class="[^"]*best[^"]*">([^<]*)</td>', html)


def test_a_run_is_its_figures_and_several_are_a_mean_with_the_samples_deviation():
    row = row_of_runs('a', [{'x': 0.5, 'y': 1.0}, {'x': 0.7}])
    assert row.means == {'x': pytest.approx(0.6), 'y': 1.0}
    assert row.spreads == {'x': pytest.approx(0.02**0.5)}
    assert row_of_runs('a', [{'x': 0.5}]).spreads == {}


def test_a_cell_has_its_digits_its_unit_its_spread_and_its_total():
    table = ResultTable([], [])
    row = Row(
        'a', {'own': 0.7871, 'n': 9.0, 'listed': 10.0, 'w': 'none', 'x': NAN}, {'own': 0.004}
    )
    assert table.cell(row, SHARE) == '78.7 ± 0.4'
    assert table.cell(row, Column('n', '', digits=0, of='listed')) == '9 of 10'
    assert table.cell(row, Column('n', '', digits=2)) == '9.00'
    assert table.cell(row, Column('w', '')) == 'none'
    assert table.cell(row, Column('x', '')) == '-'
    assert table.cell(row, Column('gone', ''), '–') == '–'
    rate = Row('a', {'own': 0.75, 'own/of': 40}, {'own': (0.52, 0.94)})
    column = Column('own', '', percent=True, digits=0, of='own/of')
    assert table.cell(rate, column) == '75 [52, 94] of 40'


def test_text_names_the_protocol_once_and_aligns_figures_to_the_right():
    rows = [
        Row('model', {'own': 0.787, 'evaluated': 9, 'listed': 10}, protocol='half_max'),
        Row('whole image', {}, protocol='half_max'),
        Row('model', {'own': 0.05}, protocol='median'),
    ]
    lines = ResultTable([COUNT, SHARE], rows, head='row').to_text().splitlines()
    parts = [[cell.strip() for cell in re.split(r'\s{2,}', line)] for line in lines]
    assert parts[0] == ['protocol', 'row', 'evaluated', 'SFD own']
    assert parts[2] == ['half_max', 'model', '9 of 10', '78.7']
    assert parts[3] == ['', 'whole image', '-', '-']
    assert parts[4] == ['median', 'model', '-', '5.0']
    assert len({len(line) for line in lines if line.endswith(('7', '-', '0'))}) == 1


def test_what_rich_takes_for_markup_is_printed_as_it_is():
    assert '[red]x' in ResultTable([], [Row('[red]x', {})]).to_text()


def test_in_markdown_the_name_of_a_row_is_bold_or_italic():
    rows = [
        Row('ours', {'own': 0.5}, {'own': 0.1}, bold=True),
        Row('disc', {'own': 0.25}, muted=True),
    ]
    gone = Column('gone', 'gone')
    assert ResultTable([SHARE, gone], rows).to_markdown().splitlines() == [
        '| | SFD own | gone |',
        '|---|---:|---:|',
        '| **ours** | 50.0 ± 10.0 | - |',
        '| *disc* | 25.0 | - |',
    ]


def test_columns_without_any_figure_can_be_left_out():
    table = ResultTable([SHARE, COUNT], [Row('a', {'own': 1.0}), Row('b', {'evaluated': None})])
    assert [column.key for column in table.without_empty_columns().columns] == ['own']


def test_html_has_a_caption_escaped_names_and_a_dash_for_what_is_undefined():
    rows = [Row('a\n& b', {'own': 0.12345, 'evaluated': 430}), Row('c', {'own': NAN}, muted=True)]
    html = ResultTable([SHARE, COUNT], rows, '<t>').to_html()
    assert cells(html) == [r'a\n&amp; b', '12.3', '430', 'c', '–', '–']
    assert '<caption>&lt;t&gt;</caption>' in html
    assert html.count('class="muted"') == 1
    assert 'class="groups"' not in html
    assert ResultTable([], [])._repr_html_().startswith('<div class="scroll"><table>')


def test_the_greatest_of_the_competing_figures_are_set_off():
    columns = [Column('x', 'x', ranked=True), Column('y', 'y', ranked=True), Column('z', 'z')]
    rows = [
        Row('a', {'x': 1.0, 'y': 5.0, 'z': 3.0}),
        Row('b', {'x': 2.0, 'y': NAN, 'z': 4.0}),
        Row('c', {'x': 2.0, 'z': 4.0}),
        Row('disc', {'x': 9.0, 'y': 9.0, 'z': 9.0}, ranked=False),
    ]
    # y has one competitor, z is not ranked
    assert best(ResultTable(columns, rows).to_html()) == ['2.0', '2.0']


def test_columns_of_a_group_stand_under_its_title_with_a_line_before_it():
    groups = {'a': 'level 1', 'b': 'level 1', 'c': 'level <2>'}
    columns = [Column(key, key, group) for key, group in groups.items()]
    html = ResultTable(columns, [Row('r', {'a': 1.0, 'b': 2.0, 'c': 3.0})]).to_html()
    assert re.findall(r'colspan="(\d)">([^<]*)<', html) == [
        ('2', 'level 1'),
        ('1', 'level &lt;2&gt;'),
    ]
    assert re.findall(r'<td class="start">([^<]*)</td>', html) == ['1.0', '3.0']


def test_csv_has_full_precision_and_a_column_for_spreads():
    rows = [Row('a, b', {'own': 0.123456}, {'own': 0.5}), Row('c', {'own': 1.0})]
    lines = ResultTable([SHARE], rows, head='run').to_csv().splitlines()
    assert lines == ['protocol,run,own,own spread', ',"a, b",0.123456,0.5', ',c,1.0,']


def test_latex_is_escaped():
    rows = [Row('a_b & 50% {x} \\ y†', {'own': 0.5}, {'own': 0.01})]
    assert ResultTable([SHARE], rows, head='run').to_latex().splitlines() == [
        r'\begin{tabular}{lr}',
        r'\toprule',
        r'run & SFD own \\',
        r'\midrule',
        r'a\_b \& 50\% \{x\} \textbackslash{} y$\dagger$ & 50.0 $\pm$ 1.0 \\',
        r'\bottomrule',
        r'\end{tabular}',
    ]
