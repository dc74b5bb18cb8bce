"""Made pictures and recordings, and the tool that composes scenes of them."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import soundfile

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/compose_scenes.py'
SMALL = ['--sizes', 'train=8', 'val=3', 'test=3', '--workers', '0']
FAMILIES = ['--families', 'pets=cat,dog']
RATE = 16000
COLOURS = {'dog': (30, 30, 220), 'cat': (40, 200, 40), 'bell': (220, 60, 40)}  # BGR
FREQUENCIES = {'dog': 220, 'cat': 550, 'bell': 1300}


def disc(colour, number=0, size=120):
    """A disc with alpha, BGRA; its size differs by number."""
    picture = np.zeros((size, size, 4), np.uint8)
    cv2.circle(picture, (size // 2, size // 2), size // 3 + number, (*colour, 255), cv2.FILLED)
    return picture


def on_ground(cutout, ground=(225, 230, 235), seed=0):
    """A cut-out on plain ground that grows darker to the sides, with grain, BGR."""
    height, width = cutout.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = np.array(ground) * (1 - 0.1 * (x**2 + y**2)[..., None])
    alpha = cutout[..., 3:] / 255
    picture = light * (1 - alpha) + cutout[..., :3] * alpha
    grain = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return (picture + grain).round().clip(0, 255).astype(np.uint8)


def grey(value, size=300):
    return np.full((size, size, 3), value, np.uint8)


def tone(frequency, seconds):
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def write_sound(path, wave):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, RATE)


def write_picture(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def make_material(root):
    for label, colour in COLOURS.items():
        for number in range(2):
            write_picture(root / f'pictures/{label}/{number}.png', disc(colour, number))
        write_picture(root / f'pictures/{label}/2.jpg', on_ground(disc(colour, 2)))
        for number, seconds in enumerate((4.0, 5.0, 0.4)):
            wave = tone(FREQUENCIES[label] * (1 + number / 100), seconds)
            write_sound(root / f'sounds/{label}/{number}.wav', wave)
    return root


def run(monkeypatch, material, out, *options, folders=('pictures', 'sounds')):
    """The tool's exit code or message; None where all is well."""
    spec = importlib.util.spec_from_file_location('compose_scenes_tool', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    paths = [part for name in folders for part in (f'--{name}', str(material / name))]
    monkeypatch.setattr('sys.argv', ['tool', *paths, '--out', str(out), *SMALL, *options])
    try:
        tool.main()
    except SystemExit as end:
        return end.code
