import json

import numpy as np
import pytest
import soundfile
from PIL import Image


@pytest.fixture
def tiny_manifest(tmp_path):
    """Four clips of grey frames; a violin sounds in the middle, a horn at the left is silent.

    Folder, clip ids and file names hold a slash, a space and letters that are not ASCII.
    """
    root = tmp_path / 'Dätä'
    root.mkdir()
    clips = []
    for index, name in enumerate(('clip/1', 'ü2', '三', 'd 4')):
        stem = name.replace('/', '_')
        Image.new('RGB', (64, 64), (90, 90, 90)).save(root / f'{stem}.jpg')
        soundfile.write(root / f'{stem}.wav', np.sin(np.arange(22050) / (9 + index)) / 2, 22050)
        boxes = [
            {'bbox': [0.25, 0.25, 0.5, 0.5], 'label': 'Violin', 'sounding': True},
            {'bbox': [0.0, 0.25, 0.125, 0.5], 'label': 'Horn', 'sounding': False},
        ]
        clips.append(
            {
                'clip_id': name,
                'audio': f'{stem}.wav',
                'frames': [f'{stem}.jpg'],
                'fps': 1,
                'duration': 1.0,
                'tags': ['Violin'],
                'boxes': {'0': boxes},
            }
        )
    metainfo = {
        'dataset': 'toy',
        'split': 'test',
        'classes': ['Violin', 'Horn'],
        'format_version': 1,
    }
    path = root / 'test.json'
    manifest = {'metainfo': metainfo, 'data_list': clips}
    path.write_text(json.dumps(manifest, ensure_ascii=False), encoding='utf-8')
    return path
