"""Inputs of inferencers: videos, pairs of a picture and a sound, arrays, and folders of them."""

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.errors import DataError
from mmavl.media.formats import kind_of
from mmavl.media.image import read_image
from mmavl.media.media_file import MediaFile
from mmavl.media.sound_stream import check_samples
from mmavl.media.video import read_video_frame
from mmavl.utils.failures import error_line
from mmavl.utils.file_names import different_names

from .failures import Failure, contained

_LEAST_RATE = 1000  # Hz; lower values were probably meant in kHz


@dataclass(frozen=True, eq=False)
class Clip:
    """One picture and one sound; a video file provides both.

    Attributes:
        name (str): Name for results and files.
        image (str | np.ndarray): A video's or picture's path, or RGB uint8 [H, W, 3].
        audio (str | np.ndarray): A path, or a waveform, float32 [L].
        sample_rate (int, optional): Sample rate of a waveform in Hz.
        time (float, optional): Time of the frame in a video in seconds. Defaults to the middle.
    """

    name: str
    image: str | np.ndarray
    audio: str | np.ndarray
    sample_rate: int | None = None
    time: float | None = None

    @property
    def video(self) -> str | None:
        """The path of the video with both picture and sound, if there is one."""
        if isinstance(self.image, str) and isinstance(self.audio, str):
            return self.image if self.image == self.audio else None
        return None

    def open(self) -> AbstractContextManager[MediaFile | None]:
        """Its open video, for all steps that read it; None if it is not a video.

        Raises:
            DataError: A file does not exist, or is empty; on entry: it is not a video.
        """
        for path in (self.image, self.audio):
            if isinstance(path, str):
                check_path(path)
        return MediaFile(self.video) if self.video else nullcontext()

    def frame(self, time: float | None = None) -> np.ndarray:
        """Its picture, RGB uint8 [H, W, 3]; of a video that at a time.

        Raises:
            DataError: The file is missing or unreadable, or the video has no such frame.
        """
        if isinstance(self.image, np.ndarray):
            return self.image
        if kind_of(self.image) == 'picture':
            return read_image(self.image)
        return read_video_frame(self.image, time or 0.0)

    @property
    def source(self) -> dict[str, str | None]:
        """The files by kind; None for arrays."""
        if self.video:
            return {'video': self.video}
        files = {'image': self.image, 'audio': self.audio}
        return {k: v if isinstance(v, str) else None for k, v in files.items()}


def list_clips(inputs: Any) -> tuple[list[Clip], list[Failure]]:
    """Make clips from the inputs of an inferencer; reads no media.

    Args:
        inputs: A video's path; a folder's path (its videos, and its pictures with a sound of the
            same name; not its subfolders); a pair ``(picture, sound)`` of paths; a triple
            ``(image, waveform, sample_rate)`` of arrays; ``dict(video=..., time=...)`` or
            ``dict(image=..., audio=..., sample_rate=..., name=...)``; or a list of any of these.

    Returns:
        tuple[list[Clip], list[Failure]]: Clips with unique names, and unusable inputs.

    Raises:
        TypeError, ValueError, DataError: A single input, not in a list, is not a clip: it has
            another type, a sample rate below 1 kHz, or unusable files.
    """
    clips: list[Clip] = []
    failures: list[Failure] = []
    add: Callable[[str], AbstractContextManager[Any]]
    if not isinstance(inputs, list):
        inputs, add = [inputs], nullcontext
    else:
        add = partial(contained, failures=failures)
    for number, item in enumerate(inputs, start=1):
        with add(_words(item, number)):
            for found in _expand(item):
                if isinstance(found, Failure):
                    failures.append(found)
                else:
                    clips.append(found)
    return _different_names(clips), failures


def _words(item: Any, number: int) -> str:
    """The name of an input for failures: its paths, its name, or its position in the list."""
    if isinstance(item, dict):
        named = (item.get(key) for key in ('name', 'video', 'image', 'audio'))
        item = next((name for name in named if isinstance(name, str | Path)), None)
    if isinstance(item, tuple):
        item = ', '.join(str(part) for part in item if isinstance(part, str | Path))
    return str(item) if isinstance(item, str | Path) and str(item) else f'input {number}'


def check_out_dir(clips: Iterable[Clip], out_dir: str | Path) -> None:
    """Check that no result can overwrite an input.

    Raises:
        ValueError: A clip's file is in the folder.
    """
    folder = Path(out_dir).resolve()
    for clip in clips:
        for file in filter(None, clip.source.values()):
            if Path(file).resolve().parent == folder:
                raise ValueError(
                    f'{file} is in {out_dir}, where results could overwrite it: choose another '
                    'output folder'
                )


def _expand(item: Any) -> Iterable[Clip | Failure]:
    if isinstance(item, str | Path):
        path = check_path(item, folder=True)
        return _folder(path) if path.is_dir() else [Clip(path.stem, str(path), str(path))]
    if isinstance(item, tuple) and len(item) in (2, 3):
        return [_pair(*item)]
    if isinstance(item, dict):
        _check_keys(item)
    if isinstance(item, dict) and 'video' in item:
        path = check_path(item['video'])
        name = item.get('name', path.stem)
        return [Clip(name, str(path), str(path), time=_as_time(item.get('time')))]
    if isinstance(item, dict) and {'image', 'audio'} <= item.keys():
        return [_pair(item['image'], item['audio'], item.get('sample_rate'), item.get('name'))]
    raise TypeError(
        f'{type(item).__name__} is not a clip: give a path, (picture, sound), '
        '(image, waveform, sample_rate), or a dict with video, or with image and audio'
    )


def check_path(path: str | Path, folder: bool = False) -> Path:
    """The path of an existing file.

    Args:
        path (str | Path): The path given by the user.
        folder (bool): Whether folders are allowed, too. Defaults to False.

    Raises:
        DataError: It is a URL, does not exist, is empty or of another kind.
    """
    text = str(path)
    if not text:
        raise DataError('an empty text is not a path')
    if '\0' in text:
        raise DataError('a path must not contain a NUL character')
    if '://' in text:
        raise DataError(f'{text} is a URL, not a file: download it first')
    try:
        file = Path(text)
        file = file if file.exists() else file.expanduser()
        if file.is_dir():
            if folder:
                return file
            raise DataError(f'{text} is a folder, not a file')
        if not file.is_file():
            raise DataError(f'{text} does not exist, or is not a regular file')
        if file.stat().st_size == 0:
            raise DataError(f'{text} is an empty file')
    except (OSError, RuntimeError) as error:  # a name too long, a folder closed, no home
        raise DataError(f'{text} cannot be reached ({error_line(error)})') from error
    return file


def _pair(image: Any, audio: Any, sample_rate: int | None = None, name: str | None = None) -> Clip:
    if isinstance(image, str | Path):
        path = check_path(image)
        image, name = str(path), name or path.stem
    else:
        image = _as_picture(image)
    if isinstance(audio, str | Path):
        path = check_path(audio)
        return Clip(name or path.stem, image, str(path))
    return Clip(name or 'clip', image, _as_wave(audio), _as_rate(sample_rate))


def _check_keys(item: dict[str, Any]) -> None:
    known = (
        {'video', 'name', 'time'} if 'video' in item else {'image', 'audio', 'sample_rate', 'name'}
    )
    if unknown := [key for key in item if key not in known]:
        words = ', '.join(sorted(known))
        raise TypeError(f'unknown keys {", ".join(map(repr, unknown))}; a clip has {words}')
    if not isinstance(item.get('name', ''), str):
        raise TypeError(f"a clip's name must be a string, not {item['name']!r}")


def _as_time(time: Any) -> float | None:
    if time is None:
        return None
    number = isinstance(time, Real) and not isinstance(time, bool)
    if not number or not 0 <= time < math.inf:
        raise ValueError(f'time={time!r} is not a second of the video')
    return float(time)


def _as_rate(rate: Any) -> int:
    number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not number or not math.isfinite(rate) or rate != int(rate):
        raise TypeError(f'a waveform needs its sample_rate, a whole number of Hz, not {rate!r}')
    if rate < _LEAST_RATE:
        raise ValueError(f'sample_rate={rate} Hz is below {_LEAST_RATE} Hz: give Hz, not kHz')
    return int(rate)


def _as_picture(image: Any) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise TypeError(
            f'an image must be RGB uint8 [H, W, 3], not {image.dtype} {list(image.shape)}'
        )
    return image


def _as_wave(wave: Any) -> np.ndarray:
    wave = np.asarray(wave)
    if np.issubdtype(wave.dtype, np.signedinteger):
        wave = wave / -float(np.iinfo(wave.dtype).min)
    if not np.issubdtype(wave.dtype, np.floating) or wave.ndim not in (1, 2):
        raise TypeError(
            'a waveform must be float in [-1, 1] or signed integer, [L] or [L, channels], not '
            f'{wave.dtype} {list(wave.shape)}'
        )
    if not wave.size:
        raise DataError('the waveform has no samples')
    if wave.ndim == 2 and wave.shape[1] > wave.shape[0]:
        raise TypeError(
            f'a waveform of {list(wave.shape)} would be {wave.shape[1]} channels of '
            f'{wave.shape[0]} samples: it must be [L, channels]'
        )
    wave = wave.mean(axis=1) if wave.ndim == 2 else wave
    check_samples('the waveform', wave)
    return wave.astype(np.float32)


def _folder(folder: Path) -> Iterator[Clip | Failure]:
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith('.'))
    videos = {_stem(p) for p in files if kind_of(p) == 'video'}
    yield from (Clip(p.stem, str(p), str(p)) for p in files if kind_of(p) == 'video')
    pairs: dict[str, dict[str, Path]] = {}
    for path in files:
        kind = kind_of(path)
        if kind in ('picture', 'sound') and _stem(path) not in videos:
            first = pairs.setdefault(_stem(path), {}).setdefault(kind, path)
            if first != path:
                yield Failure(str(path), f'{path} is left out: {first.name} has the same name')
    if not videos and not pairs:
        raise DataError(
            f'{folder} contains no videos, and no pictures with a sound of the same name'
        )
    for stem, pair in sorted(pairs.items()):
        if len(pair) == 2:
            yield Clip(stem, str(pair['picture']), str(pair['sound']))
        else:
            ((kind, path),) = pair.items()
            lacks = 'sound' if kind == 'picture' else 'picture'
            yield Failure(str(path), f'{path} has no {lacks} of the same name next to it')


def _stem(path: Path) -> str:
    return unicodedata.normalize('NFC', path.stem)  # macOS decomposes letters


def _different_names(clips: Sequence[Clip]) -> list[Clip]:
    names = different_names((clip.name for clip in clips), reserved=['results'])  # the index
    return [replace(clip, name=name) for clip, name in zip(clips, names)]
