import pytest
from paper_tables.localization import DATASETS, TABLES, Row, default_protocols, layout

from mmavl.evaluation import get_protocol
from mmavl.utils.shipped import named_config


@pytest.mark.parametrize('number', TABLES)
def test_every_config_of_a_row_is_there_and_the_papers_figures_fill_its_columns(number):
    table = TABLES[number]
    for row in table.rows:
        for data, config in row.configs.items():
            assert named_config(config)
            if row.trained not in ('own', 'none'):
                assert named_config(row.trained.format(data=data))
        assert len(row.paper) in (0, len(table.columns))


@pytest.mark.parametrize('number', TABLES)
@pytest.mark.parametrize('data', DATASETS)
def test_the_papers_protocol_stands_first(number, data):
    protocols = [get_protocol(name) for name in default_protocols(number, data)]
    assert protocols[0].name == 'original'
    assert protocols[0].tags == {1: 'predicted', 2: 'given'}[number]
    assert protocols[0].class_aware == (number == 2 or data == 'flickr')


def cells(text, start):
    line = next(line for line in text.splitlines() if line.startswith(f'| {start}'))
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_own_figures_stand_beside_the_papers():
    level = {'level1_ciou': 0.25, 'level1_auc': 0.5, 'evaluated': 3.0, 'listed': 4.0}
    metrics = {f'original/{key}': value for key, value in level.items()}
    # of other protocols and of the rows without a model: not to be mixed up with the row's own
    metrics |= {'original/predicted/level1_ciou': 0.9, 'original/predicted/level1_auc': 0.7}
    metrics |= {'original/whole_image/level1_ciou': 0.8}
    rows = [
        {'title': 'Ours', 'paper': TABLES[2].rows[3].paper, 'metrics': metrics, 'note': ''},
        {'title': 'Else', 'paper': (), 'metrics': None, 'note': 'no checkpoint'},
    ]
    text = layout(TABLES[2], 'audioset', ['original', 'original/predicted'], rows)
    titles = cells(text, '|')
    assert titles[:5] == ['', 'L1 cIoU@.5', 'AUC', 'evaluated', 'paper: L1 cIoU@.5']
    ours = ['Ours', '25.0', '50.0', '3 of 4', '32.8', '38.3', '6.16', '23.9', '21.1', '22']
    assert cells(text, 'Ours') == ours
    assert cells(text, 'Else') == ['Else', '-', '-', '-', *'-' * 6]
    predicted = text.split('## original/predicted')[1]
    assert '90.0' in predicted
    assert '80.0' not in text
    assert '- Else: no checkpoint' in text
    assert 'not to be compared' not in text


def test_figures_of_another_dataset_are_marked():
    text = layout(TABLES[1], 'scenes', ['original/union'], [])
    assert 'paper*: on SoundNet-Flickr, not' in text
    assert 'paper*: AUC' in text


def test_a_row_whose_class_maps_are_summed_stands_with_and_without_normalising_them():
    metrics = {'original/predicted/consensus_ciou': 0.5, 'original/predicted/evaluated': 2.0}
    raw = {
        key.replace('predicted', 'predicted/raw_sum'): value / 2 for key, value in metrics.items()
    }
    rows = [
        {'title': 'Ours', 'paper': (52.2, 49.6), 'metrics': metrics | raw, 'note': ''},
        {'title': 'AVC', 'paper': (), 'metrics': metrics, 'note': ''},
    ]
    text = layout(TABLES[1], 'flickr', ['original/predicted'], rows)
    assert cells(text, 'Ours |')[1] == '50.0'
    assert cells(text, 'Ours, raw sum')[1:] == ['25.0', '1', '-', '-']
    assert 'AVC, raw sum' not in text
    assert 'raw sum: the class maps are summed as they are' in text
    assert 'raw sum' not in layout(TABLES[1], 'flickr', ['original/predicted'], rows[1:])


def test_a_row_takes_its_own_checkpoint_that_of_another_config_or_none():
    assert Row('x', {'scenes': 'avc_scenes'}).source('scenes') == 'avc_scenes'
    other = Row('x', {'flickr': 'cam_flickr'}, trained='stage2_{data}')
    assert other.source('flickr') == 'stage2_flickr'
    assert Row('x', {'scenes': 'random_scenes'}, trained='none').source('scenes') is None
