"""Which part of a clip's media is the clip, and its frames."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmavl.media.audio import TOLERANCE
from mmavl.media.container import find_track, open_container
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import END_SLACK, PictureStream

#: Seconds by which a clip that was cut before may be longer than asked.
_CUT_SLACK = 1.0


@dataclass(frozen=True)
class ClipSpec:
    """What a dataset's clips look like.

    Attributes:
        seconds (float, optional): How long they are; None: as long as their media.
        fps (float, optional): Frames of each second; None: one picture, of the middle.
        sample_rate (int): Of the sound, Hz.
        size (int): The shorter side of a larger frame is brought to this, pixels.
        digits (int): Of a frame's number in its name.
        min_seconds (float): A clip with less is left out, a shorter one than asked is named.
        centre (bool): Cut longer media to their middle; else a clip must know where it begins.
    """

    seconds: float | None
    fps: float | None
    sample_rate: int = 22050
    size: int = 256
    digits: int = 4
    min_seconds: float = 0.0
    centre: bool = False


class UnusableClip(Exception):
    """A clip cannot be made; ``args`` are the cause and the detail."""


def find_window(
    length: float, begin: float | None, spec: ClipSpec, path: str
) -> tuple[float, float]:
    """First second and number of seconds of a clip in media of ``length`` seconds.

    Raises:
        UnusableClip: 'uncut' or 'short'.
    """
    start, seconds = 0.0, length
    if spec.seconds is not None:
        if length > spec.seconds + _CUT_SLACK:
            start = (length - spec.seconds) / 2 if spec.centre else begin
            if start is None:
                raise UnusableClip(
                    'uncut',
                    f'{path} is {length:.1f} s long, the clip {spec.seconds:g} s, and nothing '
                    'says where it begins: give the segment list',
                )
        seconds = min(spec.seconds, length - start)
    least = max(spec.min_seconds - TOLERANCE, 0.1)
    if seconds < least:
        raise UnusableClip(
            'short',
            f'{path} gives {max(seconds, 0):.2f} s from {start:g} s on, asked are '
            f'{spec.min_seconds:g} s',
        )
    return start, seconds


def frame_times(start: float, seconds: float, spec: ClipSpec) -> list[float]:
    """Seconds in the media at which a clip's frames are taken."""
    if spec.fps is None:
        return [start + seconds / 2]
    count = max(1, math.ceil(seconds * spec.fps - 1e-6))
    return [start + index / spec.fps for index in range(count)]


def require_frames(count: int, wanted: int, path: str, spec: ClipSpec) -> None:
    """Raise UnusableClip where there are no frames or too few."""
    if count == 0:
        raise UnusableClip('no frames', f'{path} has no picture that can be decoded there')
    if spec.fps and count < wanted - math.ceil(TOLERANCE * spec.fps):
        raise UnusableClip(
            'short',
            f'{path} has {count} of {wanted} frames at {spec.fps:g} fps: pictures end early',
        )


def video_seconds(path: str) -> float:
    """How long a video has both sound and pictures.

    Raises:
        UnusableClip: It lacks one of them.
        DataError: It cannot be opened.
    """
    _require_track(path, 'audio')
    _require_track(path, 'video')
    length = min(SoundStream.length_of(path), PictureStream.length_of(path))
    if length <= 0:
        raise UnusableClip('broken', f'{path} holds no sound or no pictures: it has only a header')
    return length


def sound_seconds(path: str) -> float:
    """How long a sound file is; raises as :func:`video_seconds`."""
    _require_track(path, 'audio')
    return SoundStream.length_of(path)


def _require_track(path: str, kind: str) -> None:
    with open_container(path) as container:
        if find_track(container, kind) is None:
            cause = 'no audio' if kind == 'audio' else 'no frames'
            raise UnusableClip(cause, f'{path} has no {kind} track')


def check_numbers(paths: list[str], length: float, spec: ClipSpec) -> list[str]:
    """Frames without a gap in their numbers, at a rate that fits the sound.

    Raises:
        UnusableClip: One is missing, or they are not as long as the sound.
    """
    first = int(Path(paths[0]).stem)
    for index, path in enumerate(paths):
        if int(Path(path).stem) != first + index:
            raise UnusableClip('broken', f'frame {first + index} is missing before {path}')
    if first > 1:
        raise UnusableClip('broken', f'frames begin with {paths[0]}, not with number 0 or 1')
    shown = len(paths) / spec.fps
    if abs(shown - length) > max(_CUT_SLACK, 2 / spec.fps, 0.05 * length):
        cause = 'short' if shown < length else 'broken'
        raise UnusableClip(
            cause,
            f'{paths[0]} and its {len(paths)} frames are {shown:.1f} s at {spec.fps:g} fps, the '
            f'sound is {length:.1f} s: incomplete, or extracted at another rate',
        )
    return paths


def video_frames(path: str, times: list[float], size: int) -> Iterator[np.ndarray]:
    """The frames that a video shows at given times, decoded in one pass.

    Args:
        path (str): A video.
        times (list[float]): Ascending seconds from the start of the video.
        size (int): Larger frames are reduced to this shorter side, pixels.

    Yields:
        np.ndarray: uint8 RGB [h, w, 3], upright; fewer than times where the video ends before.

    Raises:
        DataError: The file cannot be decoded.
    """
    with PictureStream(path) as pictures:
        for time, picture in pictures.at(times, END_SLACK, size):
            if time > pictures.end + END_SLACK:
                return
            yield picture
