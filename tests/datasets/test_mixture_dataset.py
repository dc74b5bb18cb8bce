import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.datasets import MixtureDataset, SourceDataset
from mmavl.datasets.mixture_list import draw_mixtures, read_mixtures, write_mixtures
from mmavl.errors import DataError
from mmavl.registry import DATASETS

CLASSES = ['Violin', 'Flute', 'Horn']
PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'PackAVInputs'},
]


@pytest.fixture
def root(tmp_path):
    """Clip 0 sounds of violin and flute, the others of one class each; loudness tells them."""
    entries = []
    for index, tags in enumerate((['Violin', 'Flute'], ['Horn'], ['Violin'], ['Flute'])):
        Image.new('RGB', (8, 8)).save(tmp_path / f'{index}.png')
        sources = {}
        for name in tags:
            level = 0.1 * index + 0.01 * (1 + CLASSES.index(name))
            soundfile.write(tmp_path / f'{index}_{name}.wav', np.full(800, level), 8000)
            sources[name] = f'{index}_{name}.wav'
        soundfile.write(tmp_path / f'{index}.wav', np.full(800, 0.5), 8000)
        entry = {'clip_id': f'c{index}', 'audio': f'{index}.wav', 'frames': [f'{index}.png']}
        entry |= {'fps': 1, 'duration': 0.1, 'tags': tags, 'sources': sources}
        entries.append(entry)
    groups = {'strings': ['Violin'], 'wind': ['Flute', 'Horn']}
    meta = {'classes': CLASSES, 'groups': groups, 'dataset': 'toy', 'split': 'test'}
    manifest = {'metainfo': meta, 'data_list': entries}
    (tmp_path / 'test.json').write_text(json.dumps(manifest))
    return tmp_path


def source_config(root, **options):
    config = {'type': 'SourceDataset', 'data_root': str(root), 'ann_file': 'test.json'}
    return {**config, 'pipeline': PIPELINE, **options}


def test_every_source_of_every_clip_is_a_sample_with_its_own_sound(root):
    dataset = DATASETS.build(source_config(root))
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


def test_solos_only_and_labels_of_groups(root):
    solos = DATASETS.build(source_config(root, filter_cfg={'levels': [1]}, tag_level='group'))
    infos = [solos.get_data_info(i) for i in range(len(solos))]
    assert [(i['clip_id'], i['source_label']) for i in infos] == [('c1', 1), ('c2', 0), ('c3', 1)]


def test_a_clip_without_sources_is_its_own_if_it_has_one_tag(root):
    manifest = json.loads((root / 'test.json').read_text())
    for entry in manifest['data_list'][1:]:
        del entry['sources']
    (root / 'test.json').write_text(json.dumps(manifest))
    dataset = SourceDataset(**{k: v for k, v in source_config(root).items() if k != 'type'})
    info = dataset.get_data_info(2)
    assert (info['source'], info['audio_path']) == ('Horn', str(root / '1.wav'))
    del manifest['data_list'][0]['sources']
    (root / 'test.json').write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="clip 'c0' sounds of 2 classes and has no 'sources'"):
        DATASETS.build(source_config(root))


def test_a_mixture_holds_its_sources_in_the_order_of_the_list(root):
    wanted = [[('c2', 'Violin'), ('c0', 'Flute')], [('c1', 'Horn'), ('c3', 'Flute')]]
    write_mixtures(root / 'list.json', wanted, {'split': 'test'})
    assert read_mixtures(root / 'list.json') == wanted
    dataset = MixtureDataset(source_config(root, test_mode=True), str(root / 'list.json'))
    dataset.full_init()
    assert len(dataset) == 2
    assert dataset.metainfo['classes'] == CLASSES
    item = dataset[0]
    assert item['inputs']['waveform'].shape == (2, 800)
    assert item['inputs']['image'].shape == (2, 3, 8, 8)
    assert item['inputs']['waveform'][:, 100].tolist() == pytest.approx([0.21, 0.02], abs=1e-3)
    assert item['data_samples'].clip_id == '0: c2:Violin + c0:Flute'
    assert [s.source for s in item['data_samples'].sources] == ['Violin', 'Flute']


def test_a_list_for_other_data_is_refused(root):
    write_mixtures(root / 'list.json', [[('c1', 'Horn'), ('c9', 'Flute')]], {})
    dataset = MixtureDataset(source_config(root), str(root / 'list.json'))
    with pytest.raises(DataError, match=r"1 sources of mixture list .*Flute of clip 'c9'.*seed"):
        dataset.full_init()
    for text in ('[]', '{"mixtures": [[]]}', '{"mixtures": [["c1"]]}', 'nothing'):
        (root / 'list.json').write_text(text)
        with pytest.raises(DataError, match=r'list\.json'):
            read_mixtures(root / 'list.json')
    with pytest.raises(DataError, match='make_mixtures'):
        read_mixtures(root / 'missing.json')


def test_drawn_mixtures_are_of_different_clips_and_classes_and_depend_on_the_seed(root):
    entries = [
        {'clip_id': f'c{i}', 'tags': [CLASSES[i % 3]], 'sources': {CLASSES[i % 3]: ''}}
        for i in range(12)
    ]
    mixtures = draw_mixtures(entries, 2, 6, levels=[1], seed=0)
    assert len({clip for mixture in mixtures for clip, _ in mixture}) == 12  # each once
    assert all(len({name for _, name in mixture}) == 2 for mixture in mixtures)
    assert draw_mixtures(entries, 2, 6, [1], seed=0) == mixtures
    assert draw_mixtures(entries, 2, 6, [1], seed=1) != mixtures
    assert len(draw_mixtures(entries, 3, 20, [1], seed=0)) == 20  # sources come again
    for size, levels in ((4, [1]), (2, [2])):
        with pytest.raises(DataError, match='make no mixture'):
            draw_mixtures(entries, size, 1, levels, seed=0)
