import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip('skimage')
pytest.importorskip('resvg_py')
pytest.importorskip('tinysoundfont')

from mmavl.scenes.banks import SoundBank

FOLDER = Path(__file__).parents[3] / 'tools/analysis'


class Reader:
    """Every drawing is a white square."""

    def __init__(self, materials):
        pass

    def cutout(self, name):
        assert name.startswith('openclipart:')
        return np.full((64, 64, 4), 255, np.uint8)


def tone(rng, seconds):
    return np.sin(np.arange(round(seconds * 22050)) / 9).astype(np.float32)


def licensed(rng, seconds):
    raise AssertionError('a sound that asks for attribution was used')


@pytest.fixture
def tool(monkeypatch):
    """The tool with stand-ins for the packages."""
    monkeypatch.setattr(sys, 'path', [str(FOLDER), *sys.path])
    spec = importlib.util.spec_from_file_location('animation', FOLDER / 'readme_animation.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    voices = {name: {'fluid': [tone], 'notes': [licensed]} for name in tool.INSTRUMENTS}
    monkeypatch.setattr(tool, 'fetch_materials', lambda npm: None)
    monkeypatch.setattr(tool, 'PictureReader', Reader)
    monkeypatch.setattr(tool, 'load_sounds', lambda *_: SoundBank(voices))
    return tool


def test_each_part_is_shown_for_five_seconds_above_a_moving_line(tool, monkeypatch, tmp_path):
    monkeypatch.setattr(tool, 'PARTS', (('Trumpet',), ('Violin', 'Guitar')))
    weights, out = tmp_path / 'w.pth', tmp_path / 'moving.webp'
    torch.save({'state_dict': {'offset': torch.zeros(())}, 'meta': {}}, weights)
    arguments = ['--model', 'random_scenes', '--weights', str(weights), '--out', str(out)]
    monkeypatch.setattr(sys, 'argv', ['readme_animation.py', *arguments])
    tool.main()
    with Image.open(out) as moving:
        assert moving.n_frames == 2 * 5 * tool.FPS
        lines = []
        for index in (10, 40):
            moving.seek(index)
            strip = np.asarray(moving.convert('L'), int)[-tool.STRIP : -20]
            lines.append(strip.min(0).argmax())
    width = moving.width
    assert lines == pytest.approx([width * 0.2, width * 0.8], abs=3)


def test_quality_falls_until_the_file_is_small_enough(tool, monkeypatch, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    frames = [Image.fromarray(pixels) for pixels in noise]
    best = tool.write_small(tmp_path / 'a.webp', frames)
    monkeypatch.setattr(tool, 'LARGEST', best - 1)
    size = tool.write_small(tmp_path / 'b.webp', frames)
    assert size < best
    assert size == (tmp_path / 'b.webp').stat().st_size
