import pytest

from mmavl.datasets import MixtureDataset
from mmavl.datasets.mixture_list import read_mixtures, write_mixtures
from mmavl.errors import DataError


def test_a_mixture_holds_its_sources_in_the_order_of_the_list(sources, source_config):
    wanted = [[('c2', 'Violin'), ('c0', 'Flute')], [('c1', 'Horn'), ('c3', 'Flute')]]
    write_mixtures(sources / 'list.json', wanted, {'split': 'test'})
    assert read_mixtures(sources / 'list.json') == wanted
    dataset = MixtureDataset(source_config(test_mode=True), str(sources / 'list.json'))
    dataset.full_init()
    assert len(dataset) == 2
    assert dataset.metainfo['classes'] == ['Violin', 'Flute', 'Horn']
    item = dataset[0]
    assert item['inputs']['waveform'].shape == (2, 800)
    assert item['inputs']['image'].shape == (2, 3, 8, 8)
    assert item['inputs']['waveform'][:, 100].tolist() == pytest.approx([0.21, 0.02], abs=1e-3)
    assert item['data_samples'].clip_id == '0: c2:Violin + c0:Flute'
    assert [s.source for s in item['data_samples'].sources] == ['Violin', 'Flute']


def test_a_list_for_other_data_is_refused(sources, source_config):
    write_mixtures(sources / 'list.json', [[('c1', 'Horn'), ('c9', 'Flute')]], {})
    dataset = MixtureDataset(source_config(), str(sources / 'list.json'))
    with pytest.raises(DataError, match=r"1 sources of mixture list .*Flute of clip 'c9'.*seed"):
        dataset.full_init()
