import json

import pytest

from mmavl.datasets import SourceDataset
from mmavl.errors import DataError
from mmavl.registry import DATASETS


def test_every_source_of_every_clip_is_a_sample_with_its_own_sound(sources, source_config):
    dataset = DATASETS.build(source_config())
    items = [dataset[i] for i in range(len(dataset))]
    found = [(s.clip_id, s.source, s.source_label) for s in (i['data_samples'] for i in items)]
    assert found == [
        ('c0', 'Violin', 0),
        ('c0', 'Flute', 1),
        ('c1', 'Horn', 2),
        ('c2', 'Violin', 0),
        ('c3', 'Flute', 1),
    ]
    levels = [float(item['inputs']['waveform'][100]) for item in items]
    assert levels == pytest.approx([0.01, 0.02, 0.13, 0.21, 0.32], abs=1e-3)


def test_solos_only_and_labels_of_groups(sources, source_config):
    solos = DATASETS.build(source_config(filter_cfg={'levels': [1]}, tag_level='group'))
    infos = [solos.get_data_info(i) for i in range(len(solos))]
    assert [(i['clip_id'], i['source_label']) for i in infos] == [('c1', 1), ('c2', 0), ('c3', 1)]


def test_a_clip_without_sources_is_its_own_if_it_has_one_tag(sources, source_config):
    manifest = json.loads((sources / 'test.json').read_text())
    for entry in manifest['data_list'][1:]:
        del entry['sources']
    (sources / 'test.json').write_text(json.dumps(manifest))
    dataset = SourceDataset(**{k: v for k, v in source_config().items() if k != 'type'})
    info = dataset.get_data_info(2)
    assert (info['source'], info['audio_path']) == ('Horn', str(sources / '1.wav'))
    del manifest['data_list'][0]['sources']
    (sources / 'test.json').write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="clip 'c0' has 2 tags but no 'sources'"):
        DATASETS.build(source_config())


def test_a_whole_clip_is_one_source_of_all_its_classes(sources, source_config):
    dataset = DATASETS.build(source_config(whole_clips=True))
    items = [dataset[i] for i in range(len(dataset))]
    found = [(s.clip_id, s.source, s.source_labels) for s in (i['data_samples'] for i in items)]
    assert found == [
        ('c0', 'Violin+Flute', [0, 1]),
        ('c1', 'Horn', [2]),
        ('c2', 'Violin', [0]),
        ('c3', 'Flute', [1]),
    ]
    assert float(items[0]['inputs']['waveform'][100]) == pytest.approx(0.5, abs=1e-3)
