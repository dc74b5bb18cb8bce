import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmavl.evaluation.predictions import Prediction, write_predictions
from mmavl.visualization.drawing import SILENT, SOUNDING

IDS = ('clip/1', 'ü2', '三', 'd 4')
TOOL = Path(__file__).parents[3] / 'tools' / 'analysis' / 'browse_dataset.py'


@pytest.fixture
def browse(monkeypatch):
    def run(*arguments):
        monkeypatch.setattr('sys.argv', [str(TOOL), *map(str, arguments)])
        runpy.run_path(str(TOOL), run_name='__main__')

    return run


def test_each_clip_of_a_manifest_becomes_a_picture_on_a_sheet(browse, tiny_manifest, tmp_path):
    out = tmp_path / 'öut'
    browse(tiny_manifest, '--out-dir', out)
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        '00000_clip_1.png',
        '00001_ü2.png',
        '00002_三.png',
        '00003_d_4.png',
        'contact_sheet.jpg',
    ]
    pixels = np.asarray(Image.open(out / names[0]).convert('RGB'))
    frame = pixels[74:330, 12:268]
    assert (frame[128, 64] == SOUNDING).all()
    assert (frame == SILENT).all(-1).any()
    assert pixels[74:300, 300:700].std() > 30  # the sound beside it
    sheet = np.asarray(Image.open(out / names[-1]).convert('RGB'))
    assert sheet.shape[1] == 2 * pixels.shape[1]


def test_the_maps_of_a_dump_are_drawn(browse, tiny_manifest, tmp_path):
    heat = np.zeros((1, 4, 4))
    heat[0, 0, 3] = 1
    dump = tmp_path / 'dump.npz'
    write_predictions(dump, [Prediction(name, maps=heat, map_labels=[0]) for name in IDS], {})
    browse(tiny_manifest, '--out-dir', tmp_path / 'out', '--predictions', dump, '--num', 1)
    pixels = np.asarray(Image.open(tmp_path / 'out' / '00000_clip_1.png').convert('RGB'))
    panel = pixels[74:330, 278:534].astype(int).sum(-1)
    assert panel[:40, 216:].mean() > 2 * panel[100:].mean()


def test_a_clip_that_a_dump_lacks_is_named(browse, tiny_manifest, tmp_path):
    dump = tmp_path / 'dump.npz'
    write_predictions(dump, [Prediction('ü2')], {})
    with pytest.raises(SystemExit, match="has no clip 'clip/1'"):
        browse(tiny_manifest, '--out-dir', tmp_path / 'out', '--predictions', dump)
