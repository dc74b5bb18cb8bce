"""Drawing and writing one scene: frame, sound, sources and manifest entry."""

import io
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import soundfile

from mmavl.scenes.banks import Banks
from mmavl.scenes.frame import compose_frame
from mmavl.scenes.mixture import DURATION, mix
from mmavl.scenes.plan import Cast
from mmavl.scenes.spec import SplitSpec
from mmavl.scenes.waves import SAMPLE_RATE
from mmavl.utils.file_names import file_name

_JPEG_QUALITY = 92
_ItemT = TypeVar('_ItemT')


def write_scene(out: Path, spec: SplitSpec, index: int, cast: Cast, banks: Banks) -> None:
    """Draw scene ``index`` of a split and write it below ``out``.

    Everything is written to a hidden folder first, which is renamed in the end: if
    ``<split>/<clip id>/scene.json`` exists, the scene is complete.

    Raises:
        DataError: A class has no audible phrase.
        OSError: A file cannot be written, e.g. because the disk is full.
    """
    rng = spec.stream(1, index)
    shown = cast.sounding + ((cast.silent,) if cast.silent else ())
    chosen = [_choose(rng, banks.pictures.cutouts[label]) for label in shown]
    background = _choose(rng, banks.pictures.backgrounds)
    cutouts = [picture.pixels for picture in chosen]
    frame, boxes = compose_frame(rng, background.pixels, cutouts, spec.frame_style)
    chain = None if banks.effects is None else banks.effects.draw(spec.stream(2, index))
    mixture, sources, kinds = mix(rng, banks.sounds, cast.sounding, chain)
    clip_id = spec.clip_id(index)
    entry = _entry(spec.split, clip_id, cast, dict(zip(shown, boxes)))
    entry['made_of'] = {
        'pictures': {label: picture.name for label, picture in zip(shown, chosen)},
        'background': background.name,
        'sounds': kinds,
    }
    if chain is not None:
        entry['made_of']['effects'] = chain.record
    files = {sound_name(label): wav_bytes(wave) for label, wave in sources.items()}
    files |= {'0000.jpg': jpeg_bytes(frame), 'scene.json': json.dumps(entry).encode()}
    _write(out / spec.split, clip_id, files, wav_bytes(mixture))


def _choose(rng: np.random.Generator, items: Sequence[_ItemT]) -> _ItemT:
    return items[int(rng.integers(len(items)))]


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
        'sources': {label: f'{split}/{clip_id}/{sound_name(label)}' for label in cast.sounding},
    }


def sound_name(label: str) -> str:
    """The file of a class's separate sound, next to the scene's frame."""
    return f'{file_name(label)}.wav'


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
