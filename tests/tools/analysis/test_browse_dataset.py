import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.evaluation.predictions import Prediction, write_predictions
from mmavl.visualization.drawing import SILENT, SOUNDING

TOOL = Path(__file__).parents[3] / 'tools' / 'analysis' / 'browse_dataset.py'


@pytest.fixture
def manifest(tmp_path):
    """Two clips of grey frames; a violin sounds in the middle, a horn at the left is silent."""
    root = tmp_path / 'Dätä'
    root.mkdir()
    clips = []
    for name in ('clip/1', 'ü2'):
        stem = name.replace('/', '_')
        Image.new('RGB', (64, 64), (90, 90, 90)).save(root / f'{stem}.jpg')
        soundfile.write(root / f'{stem}.wav', np.sin(np.arange(22050) / 9) / 2, 22050)
        boxes = [
            {'bbox': [0.25, 0.25, 0.5, 0.5], 'label': 'Violin', 'sounding': True},
            {'bbox': [0.0, 0.25, 0.125, 0.5], 'label': 'Horn', 'sounding': False},
        ]
        clips.append(
            dict(
                clip_id=name,
                audio=f'{stem}.wav',
                frames=[f'{stem}.jpg'],
                fps=1,
                duration=1.0,
                tags=['Violin'],
                boxes={'0': boxes},
            )
        )
    metainfo = dict(dataset='toy', split='train', classes=['Violin', 'Horn'], format_version=1)
    path = root / 'train.json'
    path.write_text(json.dumps(dict(metainfo=metainfo, data_list=clips)), encoding='utf-8')
    return path


@pytest.fixture
def browse(monkeypatch):
    def run(*arguments):
        monkeypatch.setattr('sys.argv', [str(TOOL), *map(str, arguments)])
        runpy.run_path(str(TOOL), run_name='__main__')

    return run


def test_each_clip_of_a_manifest_becomes_a_picture_on_a_sheet(browse, manifest, tmp_path):
    out = tmp_path / 'öut'
    browse(manifest, '--out-dir', out)
    names = sorted(path.name for path in out.iterdir())
    assert names == ['00000_clip_1.png', '00001_ü2.png', 'contact_sheet.png']
    pixels = np.asarray(Image.open(out / names[0]).convert('RGB'))
    frame = pixels[74:330, 12:268]
    assert (frame[128, 64] == SOUNDING).all()
    assert (frame == SILENT).all(-1).any()
    assert pixels[74:300, 300:700].std() > 30  # the sound beside it
    sheet = np.asarray(Image.open(out / 'contact_sheet.png').convert('RGB'))
    assert sheet.shape[1] == 2 * pixels.shape[1]


def test_the_maps_of_a_dump_are_drawn(browse, manifest, tmp_path):
    heat = np.zeros((1, 4, 4))
    heat[0, 0, 3] = 1
    dump = tmp_path / 'dump.npz'
    write_predictions(
        dump, [Prediction(name, maps=heat, map_labels=[0]) for name in ('clip/1', 'ü2')], {}
    )
    browse(manifest, '--out-dir', tmp_path / 'out', '--predictions', dump, '--num', 1)
    pixels = np.asarray(Image.open(tmp_path / 'out' / '00000_clip_1.png').convert('RGB'))
    panel = pixels[74:330, 278:534].astype(int).sum(-1)
    assert panel[:40, 216:].mean() > 2 * panel[100:].mean()


def test_a_clip_that_a_dump_lacks_is_named(browse, manifest, tmp_path):
    dump = tmp_path / 'dump.npz'
    write_predictions(dump, [Prediction('ü2')], {})
    with pytest.raises(SystemExit, match="has no clip 'clip/1'"):
        browse(manifest, '--out-dir', tmp_path / 'out', '--predictions', dump)
