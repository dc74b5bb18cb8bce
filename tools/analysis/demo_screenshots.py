"""Take the docs' screenshots of the page: ``demo_screenshots.py --weights FILE --separator FILE``.

The material is in the public domain and composed by readme_contact_sheet.py.
The page is opened in Chromium (``apt-get install chromium``) with Playwright.
"""

import argparse
import shutil
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright
from readme_contact_sheet import SCENES, compose, free_sounds, write_small

from mmavl.apis import LocalizationInferencer, SeparationInferencer
from mmavl.demo.analysis import Analyst
from mmavl.demo.examples import list_examples
from mmavl.demo.page import Page
from mmavl.engine.user_errors import clear_errors
from mmavl.scenes.instruments.pictures import PictureReader
from mmavl.scenes.instruments.sounds import load_sounds
from mmavl.scenes.instruments.sources import fetch_materials
from mmavl.utils.options import add_dtype_option

FRAME_RATE = 10


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--weights', help="of stage2_scenes; default: the quickstart's")
    parser.add_argument('--separator', help='weights of separation_scenes')
    parser.add_argument('--out', type=Path, default=Path('docs/assets'))
    parser.add_argument('--seed', type=int, default=1, help='of the scenes')
    add_dtype_option(parser)
    return parser.parse_args()


def write_video(folder: Path) -> Path:
    """Join the scenes to one MP4, each with its sound."""
    names = [name for name, *_ in SCENES]
    waves = [soundfile.read(folder / f'{name}.wav', dtype='float32') for name in names]
    rate = waves[0][1]
    with av.open(str(folder / 'scenes.mp4'), 'w') as container:
        video = container.add_stream('libx264', rate=FRAME_RATE, options={'crf': '18'})
        with Image.open(folder / f'{names[0]}.jpg') as first:
            video.width, video.height = first.size
        video.pix_fmt = 'yuv420p'
        sound = container.add_stream('aac', rate=rate, layout='mono')
        number = 0
        for name, (wave, _) in zip(names, waves):
            pixels = np.asarray(Image.open(folder / f'{name}.jpg').convert('RGB'))
            for _ in range(round(len(wave) / rate * FRAME_RATE)):
                frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
                frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
                container.mux(video.encode(frame))
                number += 1
        container.mux(video.encode())
        whole = np.concatenate([wave for wave, _ in waves])
        frame = av.AudioFrame.from_ndarray(whole[None], format='fltp', layout='mono')
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return folder / 'scenes.mp4'


def shoot(tab: Tab, out: Path) -> None:
    """Write a screenshot with few colours."""
    tab.mouse.move(0, 0)
    tab.wait_for_timeout(1500)
    with tempfile.NamedTemporaryFile(suffix='.png') as file:
        tab.screenshot(path=file.name, full_page=True)
        size = write_small(str(out), np.asarray(Image.open(file.name).convert('RGB')))
    print(f'{out}: {size // 1000} kB')


def visit(tab: Tab, video: Path, out: Path) -> None:
    """Choose a scene, then upload the video and move to a later time."""
    tab.locator('#examples button').first.click()
    tab.locator('#sounds audio').first.wait_for()
    shoot(tab, out / 'demo_scene.png')
    tab.set_input_files('#files input[type=file]', str(video))
    tab.get_by_text(video.stem).first.wait_for()
    tab.click('#start')
    slider = tab.locator('#time input[type=range]')
    slider.wait_for()
    slider.fill('8')
    shoot(tab, out / 'demo_video.png')


def main() -> None:
    args = parse_args()
    browser = shutil.which('chromium')
    if browser is None:
        sys.exit('error: chromium is not installed. Run: sudo apt-get install chromium')
    with clear_errors(), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        materials = fetch_materials(npm=False)
        sounds = free_sounds(load_sounds(materials, 'test'))
        compose(folder, PictureReader(materials), sounds, args.seed)
        options = {'show_progress': False, 'dtype': args.dtype}
        localizer = LocalizationInferencer(weights=args.weights, **options)
        separator = None
        if args.separator:
            separator = SeparationInferencer(weights=args.separator, **options)
        page = Page(Analyst(localizer, separator), list_examples(folder / 'scenes.json'))
        with sync_playwright() as play:
            chromium = play.chromium.launch(executable_path=browser, args=['--no-sandbox'])
            tab = chromium.new_page(viewport={'width': 1180, 'height': 700})
            tab.set_default_timeout(180_000)
            tab.goto(page.launch(wait=False))
            visit(tab, write_video(folder), args.out)
            chromium.close()
        page.close()


if __name__ == '__main__':
    main()
