"""Selecting the part of the media that makes up a clip, and its frames."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmavl.media.audio import TOLERANCE
from mmavl.media.container import find_track, open_container
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import END_SLACK, PictureStream

#: Seconds by which an already cut clip may exceed its length.
_CUT_SLACK = 1.0


@dataclass(frozen=True)
class ClipSpec:
    """The format of a dataset's clips.

    Attributes:
        seconds (float, optional): Length of a clip; None: the length of its media.
        fps (float, optional): Frames per second; None: one image, from the middle.
        sample_rate (int): Sample rate of the sound in Hz.
        size (int): Larger frames are scaled down to this shorter side, in pixels.
        digits (int): Digits of the frame number in file names.
        min_seconds (float): Clips with less are left out; other incomplete ones are reported.
        centre (bool): Cut the middle out of longer media; else the start must be known.
    """

    seconds: float | None
    fps: float | None
    sample_rate: int = 22050
    size: int = 256
    digits: int = 4
    min_seconds: float = 0.0
    centre: bool = False


class UnusableClip(Exception):
    """A clip cannot be made; ``args`` are the cause and the details."""


def find_window(
    length: float, begin: float | None, spec: ClipSpec, path: str
) -> tuple[float, float]:
    """The start and length in seconds of a clip in media of ``length`` seconds.

    Raises:
        UnusableClip: 'uncut' or 'short'.
    """
    start, seconds = 0.0, length
    if spec.seconds is not None:
        if length > spec.seconds + _CUT_SLACK:
            known = (length - spec.seconds) / 2 if spec.centre else begin
            if known is None:
                raise UnusableClip(
                    'uncut',
                    f'{path} is {length:.1f} s long, but a clip has {spec.seconds:g} s, and its '
                    'start is unknown: give the segment list',
                )
            start = known
        seconds = min(spec.seconds, length - start)
    least = max(spec.min_seconds - TOLERANCE, 0.1)
    if seconds < least:
        raise UnusableClip(
            'short',
            f'{path} has only {max(seconds, 0):.2f} s after {start:g} s, but at least '
            f'{spec.min_seconds:g} s are needed',
        )
    return start, seconds


def frame_times(start: float, seconds: float, spec: ClipSpec) -> list[float]:
    """The times of a clip's frames in its media, in seconds."""
    if spec.fps is None:
        return [start + seconds / 2]
    count = max(1, math.ceil(seconds * spec.fps - 1e-6))
    return [start + index / spec.fps for index in range(count)]


def require_frames(count: int, wanted: int, path: str, spec: ClipSpec) -> None:
    """Raise UnusableClip if there are no frames, or too few."""
    if count == 0:
        raise UnusableClip('no frames', f'{path} has no decodable picture in this part')
    if spec.fps and count < wanted - math.ceil(TOLERANCE * spec.fps):
        raise UnusableClip(
            'short',
            f'{path} has {count} of {wanted} frames at {spec.fps:g} fps: the pictures end early',
        )


def video_seconds(path: str) -> float:
    """The length for which a video has both sound and pictures.

    Raises:
        UnusableClip: One of them is missing.
        DataError: It cannot be opened.
    """
    _require_track(path, 'audio')
    _require_track(path, 'video')
    length = min(SoundStream.length_of(path), PictureStream.length_of(path))
    if length <= 0:
        raise UnusableClip('broken', f'{path} contains only a header, no sound or no pictures')
    return length


def sound_seconds(path: str) -> float:
    """The length of a sound file; raises like :func:`video_seconds`."""
    _require_track(path, 'audio')
    return SoundStream.length_of(path)


def _require_track(path: str, kind: str) -> None:
    with open_container(path) as container:
        if find_track(container, kind) is None:
            cause = 'no audio' if kind == 'audio' else 'no frames'
            raise UnusableClip(cause, f'{path} has no {kind} track')


def check_numbers(paths: list[str], length: float, spec: ClipSpec) -> list[str]:
    """The frames, after checking that their numbers have no gaps and match the sound's length.

    Raises:
        UnusableClip: A frame is missing, or the length differs from that of the sound.
    """
    first = int(Path(paths[0]).stem)
    for index, path in enumerate(paths):
        if int(Path(path).stem) != first + index:
            raise UnusableClip('broken', f'frame {first + index} is missing before {path}')
    if first > 1:
        raise UnusableClip('broken', f'frames start with {paths[0]}, not with number 0 or 1')
    assert spec.fps is not None  # a still image has no number
    shown = len(paths) / spec.fps
    if abs(shown - length) > max(_CUT_SLACK, 2 / spec.fps, 0.05 * length):
        cause = 'short' if shown < length else 'broken'
        raise UnusableClip(
            cause,
            f'{paths[0]} and its {len(paths)} frames last {shown:.1f} s at {spec.fps:g} fps, but '
            f'the sound lasts {length:.1f} s: incomplete, or extracted at another rate',
        )
    return paths


def video_frames(path: str, times: list[float], size: int) -> Iterator[np.ndarray]:
    """The frames of a video at given times, decoded in one pass.

    Args:
        path (str): A video.
        times (list[float]): Ascending seconds from the start of the video.
        size (int): Larger frames are scaled down to this shorter side, in pixels.

    Yields:
        np.ndarray: uint8 RGB [h, w, 3], upright; fewer than times if the video ends early.

    Raises:
        DataError: The file cannot be decoded.
    """
    with PictureStream(path) as pictures:
        for time, picture in pictures.at(times, END_SLACK, size):
            if time > pictures.end + END_SLACK:
                return
            yield picture
