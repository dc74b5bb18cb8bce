"""Draw one scene and write it: frame, sound, sources and manifest entry."""

import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import soundfile

from mmavl.datasets.instrument_scenes.classes import SPLITS
from mmavl.datasets.instrument_scenes.frame import compose_frame
from mmavl.datasets.instrument_scenes.mixture import DURATION, mix
from mmavl.datasets.instrument_scenes.pictures import PictureBank
from mmavl.datasets.instrument_scenes.plan import TEST_LEVELS, TRAIN_LEVELS, Cast, plan_split
from mmavl.datasets.instrument_scenes.sounds import SoundBank
from mmavl.datasets.instrument_scenes.waves import SAMPLE_RATE

_JPEG_QUALITY = 92
_RECIPE = 1  # raise it when scenes come out otherwise from the same seed


@dataclass(frozen=True)
class SplitSpec:
    """All that decides a split's content.

    Args:
        split: One of ``SPLITS``.
        size: Number of scenes.
        seed: Seed of the whole data set.
        versions: Versions of the packages it is made of.
        recipe: Version of this code's results.
    """

    split: str
    size: int
    seed: int
    versions: dict[str, str]
    recipe: int = _RECIPE

    def stream(self, *path: int) -> np.random.Generator:
        """Return a random stream that depends on seed, split and path only."""
        return np.random.default_rng([self.seed, SPLITS.index(self.split), *path])

    def casts(self) -> list[Cast]:
        """Return the instruments of every scene."""
        levels = TEST_LEVELS if self.split.startswith('test') else TRAIN_LEVELS
        return plan_split(self.stream(0), self.size, levels)

    def clip_id(self, index: int) -> str:
        """Return the name of a scene."""
        return f'{self.split}_{index:05d}'


def write_scene(
    out: Path, spec: SplitSpec, index: int, cast: Cast, pictures: PictureBank, sounds: SoundBank
) -> None:
    """Draw scene ``index`` of a split and write it below ``out``.

    Everything goes to a hidden folder first, whose renaming is the last step: where
    ``<split>/<clip id>/scene.json`` exists, the scene is whole.

    Raises:
        DataError: A class has no audible phrase.
        OSError: A file cannot be written, e.g. because the disk is full.
    """
    rng = spec.stream(1, index)
    shown = cast.sounding + ((cast.silent,) if cast.silent else ())
    chosen = [_choose(rng, pictures.cutouts[label]) for label in shown]
    background = _choose(rng, pictures.backgrounds)
    frame, boxes = compose_frame(rng, background.pixels, [picture.pixels for picture in chosen])
    mixture, sources, kinds = mix(rng, sounds, cast.sounding)
    clip_id = spec.clip_id(index)
    entry = _entry(spec.split, clip_id, cast, dict(zip(shown, boxes)))
    entry['made_of'] = {
        'pictures': {label: picture.name for label, picture in zip(shown, chosen)},
        'background': background.name,
        'sounds': kinds,
    }
    files = {f'{label}.wav': wav_bytes(wave) for label, wave in sources.items()}
    files |= {'0000.jpg': jpeg_bytes(frame), 'scene.json': json.dumps(entry).encode()}
    _write(out / spec.split, clip_id, files, wav_bytes(mixture))


def _choose(rng: np.random.Generator, items: list):
    return items[rng.integers(len(items))]


def _entry(split: str, clip_id: str, cast: Cast, boxes: dict[str, list[float]]) -> dict:
    return {
        'clip_id': clip_id,
        'audio': f'{split}/{clip_id}.wav',
        'frames': [f'{split}/{clip_id}/0000.jpg'],
        'fps': 1,
        'duration': DURATION,
        'tags': list(cast.sounding),
        'boxes': {
            '0': [
                {'bbox': box, 'label': label, 'sounding': label in cast.sounding}
                for label, box in boxes.items()
            ]
        },
        'sources': {label: f'{split}/{clip_id}/{label}.wav' for label in cast.sounding},
    }


def _write(folder: Path, clip_id: str, files: dict[str, bytes], mixture: bytes) -> None:
    target = folder / clip_id
    draft = folder / f'.{clip_id}.{os.getpid()}.tmp'
    draft.mkdir()
    try:
        for name, content in files.items():
            (draft / name).write_bytes(content)
        (draft / 'mixture').write_bytes(mixture)
        (draft / 'mixture').replace(folder / f'{clip_id}.wav')
        draft.rename(target)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        made_by_another = isinstance(error, OSError) and (target / 'scene.json').is_file()
        if not made_by_another:
            raise


def wav_bytes(wave: np.ndarray) -> bytes:
    """Encode int16 [L] as a PCM16 WAV file."""
    file = io.BytesIO()
    soundfile.write(file, wave, SAMPLE_RATE, 'PCM_16', format='WAV')
    return file.getvalue()


def jpeg_bytes(frame: np.ndarray) -> bytes:
    """Encode uint8 BGR [H, W, 3] as a JPEG file."""
    return cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
