import copy
import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.datasets.manifest import write_manifest

METAINFO = {
    'dataset': 'toy',
    'split': 'train',
    'classes': ['Cello', 'Flute', 'Piano', 'Violin'],
    'groups': {'strings': ['Cello', 'Violin'], 'wind': ['Flute']},
}


def _entry(index):
    """Clip i: level 1 for even i, level 2 for odd i; a silent violin, and a second frame."""
    sounding = ['Cello', 'Flute'][: 1 + index % 2]
    boxes = [{'bbox': [0.1, 0.2, 0.3, 0.4], 'label': name, 'sounding': True} for name in sounding]
    silent = {'bbox': [0.5, 0.5, 0.25, 0.5], 'label': 'Violin', 'sounding': False}
    return {
        'clip_id': f'clip{index}',
        'audio': f'clip{index}.wav',
        'frames': [f'clip{index}.png', f'clip{index}.png', f'clip{index}_2.png'],
        'fps': 2,
        'duration': 1.0,
        'tags': sounding,
        'boxes': {'0': boxes, '2': [*boxes, silent]},
    }


@pytest.fixture
def manifest():
    """A manifest of four clips that passes every check."""
    entries = [_entry(index) for index in range(4)]
    return {'metainfo': copy.deepcopy(METAINFO), 'data_list': entries}


@pytest.fixture
def data_root(tmp_path, manifest):
    """A folder with that manifest, ``toy.json``, and its media."""
    root = tmp_path / 'toy'
    root.mkdir()
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    for index in range(4):
        soundfile.write(root / f'clip{index}.wav', tone, 8000)
        for suffix, grey in (('', 10), ('_2', 20)):
            image = Image.new('RGB', (64, 32), (grey * (index + 1),) * 3)
            image.save(root / f'clip{index}{suffix}.png')
    write_manifest(root / 'toy.json', manifest)
    return root


SOURCE_CLASSES = ['Violin', 'Flute', 'Horn']


@pytest.fixture
def sources(tmp_path):
    """Clip 0 sounds of violin and flute, the others of one class each; loudness tells them."""
    entries = []
    for index, tags in enumerate((['Violin', 'Flute'], ['Horn'], ['Violin'], ['Flute'])):
        Image.new('RGB', (8, 8)).save(tmp_path / f'{index}.png')
        paths = {}
        for name in tags:
            level = 0.1 * index + 0.01 * (1 + SOURCE_CLASSES.index(name))
            soundfile.write(tmp_path / f'{index}_{name}.wav', np.full(800, level), 8000)
            paths[name] = f'{index}_{name}.wav'
        soundfile.write(tmp_path / f'{index}.wav', np.full(800, 0.5), 8000)
        entry = {'clip_id': f'c{index}', 'audio': f'{index}.wav', 'frames': [f'{index}.png']}
        entry |= {'fps': 1, 'duration': 0.1, 'tags': tags, 'sources': paths}
        entries.append(entry)
    groups = {'strings': ['Violin'], 'wind': ['Flute', 'Horn']}
    meta = {'classes': SOURCE_CLASSES, 'groups': groups, 'dataset': 'toy', 'split': 'test'}
    (tmp_path / 'test.json').write_text(json.dumps({'metainfo': meta, 'data_list': entries}))
    return tmp_path


@pytest.fixture
def source_config(sources):
    """Config of a ``SourceDataset`` over them."""
    pipeline = [
        {'type': 'LoadFrame'},
        {'type': 'LoadAudio', 'sample_rate': 8000},
        {'type': 'PackAVInputs'},
    ]

    def make(**options):
        config = {'type': 'SourceDataset', 'data_root': str(sources), 'ann_file': 'test.json'}
        return {**config, 'pipeline': pipeline, **options}

    return make
