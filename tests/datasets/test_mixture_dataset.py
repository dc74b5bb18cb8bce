import json
from pathlib import Path

import pytest

from mmavl.datasets import MixtureDataset
from mmavl.datasets.mixture_list import read_mixtures, write_mixtures
from mmavl.datasets.readable import evaluated, keep_readable
from mmavl.errors import ConfigError, DataError


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


@pytest.fixture
def videos(sources):
    """Clips 1 and 2 last 10 s at 2 frames a second."""
    manifest = json.loads((sources / 'test.json').read_text())
    manifest['data_list'] = manifest['data_list'][1:3]
    for entry in manifest['data_list']:
        entry.update(frames=entry['frames'] * 20, fps=2, duration=10.0)
        del entry['sources']
    (sources / 'test.json').write_text(json.dumps(manifest))
    return sources


def test_a_source_is_taken_at_the_place_that_the_list_names(videos, source_config):
    wanted = [[('c1', 'Horn', 0.0), ('c2', 'Violin', 0.75)], [('c1', 'Horn', 0.5)]]
    write_mixtures(videos / 'list.json', wanted, {})
    list_file = str(videos / 'list.json')
    dataset = MixtureDataset(source_config(frame='random', test_mode=True), list_file)
    found = [s['time'] for s in dataset.get_data_info(0)['sources']]
    assert found == [3.0, 6.0]
    assert (
        MixtureDataset(source_config(frame='random'), list_file, sizes=[1]).mixtures == wanted[1:]
    )
    with pytest.raises(DataError, match=r"only the 'middle' frame of each: set frame='random'"):
        MixtureDataset(source_config(), list_file).get_data_info(0)
    with pytest.raises(DataError, match=r'has no mixture of \[5\] sources'):
        MixtureDataset(source_config(), list_file, sizes=[5])


def test_sources_of_unequal_length_name_their_mixture_and_the_way_out(sources, source_config):
    write_mixtures(sources / 'list.json', [[('c2', 'Violin'), ('c0', 'Flute')]], {})
    dataset = MixtureDataset(source_config(test_mode=True), str(sources / 'list.json'))
    dataset.full_init()
    load = dataset.dataset.prepare_data

    def shortened(index, frame=None):
        item = load(index, frame)
        item['inputs']['waveform'] = item['inputs']['waveform'][: 500 + index]
        return item

    dataset.dataset.prepare_data = shortened
    with pytest.raises(
        ConfigError, match=r"'waveform' .* c2:Violin \+ c0:Flute: add CropPadAudio"
    ):
        dataset[0]


def test_a_mixture_with_a_source_that_cannot_be_read_can_be_left_out(sources, source_config):
    mixtures = [[('c2', 'Violin'), ('c0', 'Flute')], [('c1', 'Horn'), ('c3', 'Flute')]]
    write_mixtures(sources / 'list.json', mixtures, {})
    dataset = MixtureDataset(source_config(test_mode=True), str(sources / 'list.json'))
    dataset.full_init()
    (source,) = (s for s in dataset.get_data_info(0)['sources'] if s['clip_id'] == 'c2')
    Path(source['audio_path']).unlink()
    with pytest.raises(DataError, match="'c2'"):
        dataset[0]
    keep_readable(dataset)
    assert [dataset[0]['data_samples'].clip_id, len(dataset)] == ['0: c1:Horn + c3:Flute', 1]
    ((cause, _),) = evaluated(dataset)['missing'].items()
    assert cause.startswith('audio is missing')
