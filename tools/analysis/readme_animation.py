"""Draw the README's animation: ``python tools/analysis/readme_animation.py``.

A video of a still picture is composed. Its instruments sound one after the other, with the maps
and boxes of ``mmavl localize`` drawn over them. The spectrogram below has a line at the current
time. The material is in the public domain or under the MIT licence (see
readme_contact_sheet.py), and the drawings are in no training split of InstrumentScenes.
"""

import argparse
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import soundfile
from PIL import Image, ImageDraw
from readme_contact_sheet import DRAWINGS, free_sounds
from skimage import data as photographs

from mmavl.apis import LocalizationInferencer
from mmavl.engine.user_errors import clear_errors
from mmavl.media.mp4_writer import Mp4Writer
from mmavl.media.video import PictureStream
from mmavl.scenes.banks import SoundBank
from mmavl.scenes.frame import FrameStyle, compose_frame
from mmavl.scenes.instruments.pictures import PictureReader
from mmavl.scenes.instruments.sounds import load_sounds
from mmavl.scenes.instruments.sources import fetch_materials
from mmavl.scenes.mixture import mix
from mmavl.scenes.waves import SAMPLE_RATE
from mmavl.utils.files import atomic_write
from mmavl.utils.options import add_dtype_option
from mmavl.visualization.spectrogram import Spectrogram, draw_spectrogram

INSTRUMENTS = ('Violin', 'Trumpet', 'Guitar')
#: The sounding class of each part.
PARTS = (('Trumpet',), ('Violin',), ('Guitar',), ('Trumpet', 'Violin'))
PHOTOGRAPH = 'coffee'
SIDE = 400
FPS = 5
STRIP = 80
LARGEST = 1_500_000


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--model', default='scenes-families', help='config, name or file')
    parser.add_argument('--weights', help='trained weights, if the model has none')
    parser.add_argument('--out', default='docs/assets/readme_animation.webp')
    parser.add_argument('--seed', type=int, default=6, help='of the scene')
    add_dtype_option(parser)
    return parser.parse_args()


def write_video(path: Path, reader: PictureReader, sounds: SoundBank, seed: int) -> np.ndarray:
    """Write the scene as an MP4, and return its sound, int16 [L]."""
    rng = np.random.default_rng(seed)
    cutouts = [reader.cutout(f'openclipart:{DRAWINGS[label]}') for label in INSTRUMENTS]
    photograph = cv2.cvtColor(getattr(photographs, PHOTOGRAPH)(), cv2.COLOR_RGB2BGR)
    frame, _ = compose_frame(rng, photograph, cutouts, FrameStyle(SIDE))
    wave = np.concatenate([mix(rng, sounds, part)[0] for part in PARTS])
    sound = path.with_suffix('.wav')
    soundfile.write(sound, wave, SAMPLE_RATE)
    with (
        path.open('wb') as file,
        Mp4Writer(file, (SIDE, SIDE), Fraction(FPS), str(sound)) as video,
    ):
        for index in range(round(len(wave) / SAMPLE_RATE * FPS)):
            video.write(index / FPS, np.ascontiguousarray(frame[..., ::-1]))
    return wave


def with_sound(path: Path, wave: np.ndarray) -> Iterator[Image.Image]:
    """The frames of an annotated video, each above the spectrogram with the current time."""
    spectrogram = Spectrogram.of_waveform(wave / 32768, SAMPLE_RATE)
    strip = None
    with PictureStream(str(path)) as stream:
        for seconds, frame in stream.frames():
            picture = Image.fromarray(stream.picture(frame))
            if strip is None:
                strip = draw_spectrogram(spectrogram, picture.width, STRIP)
            page = Image.new('RGB', (picture.width, picture.height + STRIP), 'white')
            page.paste(picture)
            page.paste(strip, (0, picture.height))
            x = round(seconds / spectrogram.duration * picture.width)
            bottom = picture.height + STRIP
            ImageDraw.Draw(page).line((x, picture.height, x, bottom), 'white', 2)
            yield page


def write_small(path: str, frames: list[Image.Image]) -> int:
    """Write an animation with the best quality below :data:`LARGEST`; return its bytes."""
    for quality in (80, 65, 50, 35, 20):
        with atomic_write(path, 'wb') as file:
            frames[0].save(
                file,
                'WEBP',
                save_all=True,
                append_images=frames[1:],
                duration=1000 // FPS,
                loop=0,
                quality=quality,
                method=6,
            )
        if (size := Path(path).stat().st_size) <= LARGEST:
            break
    return size


def main() -> None:
    args = parse_args()
    with clear_errors(), tempfile.TemporaryDirectory() as temporary:
        video, annotated = Path(temporary, 'scene.mp4'), Path(temporary, 'annotated.mp4')
        localize = LocalizationInferencer(args.model, args.weights, dtype=args.dtype)
        materials = fetch_materials(npm=False)
        sounds = free_sounds(load_sounds(materials, 'test'))
        wave = write_video(video, PictureReader(materials), sounds, args.seed)
        localize.annotate(video, annotated)
        size = write_small(args.out, list(with_sound(annotated, wave)))
        print(f'{args.out}: {size // 1000} kB')


if __name__ == '__main__':
    main()
