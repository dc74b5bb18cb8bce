import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip('skimage')
pytest.importorskip('resvg_py')
pytest.importorskip('tinysoundfont')

from mmavl.scenes.banks import SoundBank
from mmavl.scenes.instruments import pictures, sounds, sources
from mmavl.scenes.instruments.picture_table import PICTURES
from mmavl.visualization.drawing import SOUNDING

ROOT = Path(__file__).parents[3]
TOOL = ROOT / 'tools' / 'analysis' / 'readme_contact_sheet.py'


class Reader:
    """Every drawing is a square of its own colour."""

    def __init__(self, materials):
        self.asked = []

    def cutout(self, name):
        assert name.startswith('openclipart:')
        return np.full((64, 64, 4), (255, 0, len(name) % 255, 255), np.uint8)


def tone(rng, seconds):
    return np.sin(np.arange(round(seconds * 22050)) / 9).astype(np.float32)


def licensed(rng, seconds):
    raise AssertionError('a sound that asks for attribution was used')


@pytest.fixture
def draw(monkeypatch, tmp_path):
    """Run the tool with stand-ins for the packages, and chance as the model."""
    voices = {label: {'fluid': [tone], 'notes': [licensed]} for label in PICTURES}
    monkeypatch.setattr(sources, 'fetch_materials', lambda npm: None)
    monkeypatch.setattr(pictures, 'PictureReader', Reader)
    monkeypatch.setattr(sounds, 'load_sounds', lambda *_: SoundBank(voices))
    weights = tmp_path / 'w.pth'
    torch.save({'state_dict': {'offset': torch.zeros(())}}, weights)

    def run(checkpoint=weights):
        out = tmp_path / 'sheet.png'
        config = ROOT / 'configs/baselines/random_scenes.py'
        arguments = [str(TOOL), str(config), str(checkpoint), '--out', str(out)]
        monkeypatch.setattr('sys.argv', arguments)
        return runpy.run_path(str(TOOL), run_name='__main__'), out

    return run


def test_four_scenes_of_free_material_fit_into_400_kb(draw):
    _, out = draw()
    assert out.stat().st_size < 400_000
    sheet = np.asarray(Image.open(out).convert('RGB'), int)
    # two columns of at least a frame and two maps of 176 pixels
    assert sheet.shape[1] >= 2 * 3 * 176
    assert (sheet[:6] == 255).all()
    green = np.abs(sheet - SOUNDING).max(-1) < 30
    quarter = sheet.shape[0] // 2, sheet.shape[1] // 2
    assert green[: quarter[0], : quarter[1]].any()
    assert green[quarter[0] :, quarter[1] :].any()


def test_no_drawing_was_seen_in_training(draw):
    tool, _ = draw()
    for label, name in tool['DRAWINGS'].items():
        assert f'openclipart:{name}' in PICTURES[label][2]


def test_without_trained_weights_nothing_is_drawn(draw, tmp_path):
    missing = tmp_path / 'missing.pth'
    with pytest.raises(SystemExit, match=re.escape(str(missing))):
        draw(missing)
    assert not (tmp_path / 'sheet.png').exists()
