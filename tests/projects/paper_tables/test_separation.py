import pytest
from paper_tables.separation import ROWS, SETTINGS, figures, layout

from mmavl.utils.shipped import named_config

EMPTY = {'figures': None, 'parameters': [], 'minutes': None, 'note': ''}


def result(**fields):
    return {'title': 'Ours', 'paper': (6.53, 12.15, 11.31), **EMPTY, **fields}


def cells(text, title):
    line = next(line for line in text.splitlines() if line.startswith(f'| {title} '))
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_the_papers_figures_are_those_of_its_table_3():
    papers = {row.title: row.paper for row in ROWS if row.paper}
    assert papers['Ours Visual'] == {'single': (6.53, 12.15, 11.31), 'multi': (6.57, 11.9, 10.78)}
    assert papers['Co-Separation']['multi'] == (7.64, 13.8, 11.3)
    assert papers['NMF-MFCC']['single'] == (0.92, 5.68, 5.84)
    assert len(papers) == 8


def test_every_row_of_scenes_has_its_config_in_each_setting():
    for row in ROWS:
        for suffix in SETTINGS.values() if row.config else ():
            name = row.config.format(data='scenes') + (suffix if row.trained else '')
            assert named_config(name), name


def test_a_row_without_a_model_has_the_figures_under_its_name():
    metrics = {'separation/sdr': 5.0, 'separation/mixture/sdr': 0.2, 'separation/listed': 9.0}
    rows = {row.title: row for row in ROWS}
    assert figures(rows['Ours Visual'], metrics) == {'sdr': 5.0, 'listed': 9.0}
    assert figures(rows['Mixture as estimate'], metrics) == {'sdr': 0.2}


@pytest.mark.parametrize(('data', 'words'), [('scenes', 'paper*: SDR'), ('music', 'paper: SDR')])
def test_figures_costs_and_the_papers_stand_beside_each_other(data, words):
    found = {'sdr': 5.123, 'sdr_improvement': 4.9, 'sir': 8.0, 'sar': 9.0, 'si_sdr': 4.0}
    found |= {'evaluated': 99.0, 'listed': 100.0}
    ours = result(figures=found, parameters=[1234567, 7654321], minutes=12.34)
    other = result(title='Peer', paper=(), note='no checkpoint')
    text = layout(data, {'single': [ours, other], 'multi': [ours]})
    assert cells(text, 'Ours') == (
        ['Ours', '5.12', '4.90', '8.00', '9.00', '4.00', '99 of 100']
        + ['1,234,567', '7,654,321', '12.3', '6.53', '12.15', '11.31']
    )
    assert set(cells(text, 'Peer')[1:]) == {'-'}
    assert words in text
    assert '- Peer (single-source): no checkpoint' in text
    assert text.index('Single-source') < text.index('Multi-source')
