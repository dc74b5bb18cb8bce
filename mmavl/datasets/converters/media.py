"""One clip out of its media: frames as JPEG and sound as WAV, or why not."""

import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from mmavl.datasets.audio_io import TOLERANCE, read_audio, track_seconds
from mmavl.datasets.image_io import open_container, read_image, require_file
from mmavl.datasets.manifest_checks import SILENCE
from mmavl.errors import DataError

from .index import Source

#: Seconds by which a clip that was cut before may be longer than asked.
_CUT_SLACK = 1.0
_QUALITY = 90


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


@dataclass(frozen=True)
class ClipJob:
    """A clip to make: ``{folder}/{clip_id}.wav`` and its frames, below the data root.

    Attributes:
        clip_id (str): Its id.
        folder (str): Where it goes, relative to the data root.
        source (Source, optional): Its media; None where there are none.
        begin (float, optional): Where it begins in media that were not cut, seconds.
    """

    clip_id: str
    folder: str
    source: Source | None
    begin: float | None = None

    @property
    def key(self) -> str:
        """What identifies the clip below the data root."""
        return f'{self.folder}/{self.clip_id}'


@dataclass(frozen=True)
class Outcome:
    """What became of a clip.

    Attributes:
        key (str): See :class:`ClipJob`.
        cause (str): Why it cannot be used: 'missing', 'broken', 'no audio', 'no frames', 'short',
            'silent' or 'uncut'; empty for a usable clip.
        detail (str): The same with file and values.
        frames (int): How many were written.
        seconds (float): Of sound.
        note (str): What is to be known of a usable clip.
        more (tuple[str, ...]): Files of the same id that were not used.
    """

    key: str
    cause: str = ''
    detail: str = ''
    frames: int = 0
    seconds: float = 0.0
    note: str = ''
    more: tuple[str, ...] = ()


class UnusableClip(Exception):
    """A clip cannot be made; ``args`` are the cause and the detail."""


def frame_paths(key: str, count: int, spec: ClipSpec) -> list[str]:
    """Where the frames of a clip are, relative to the data root."""
    if spec.fps is None:
        return [f'{key}.jpg']
    return [f'{key}/{_frame_name(index, spec)}' for index in range(count)]


def convert_clip(job: ClipJob, out: Path, spec: ClipSpec) -> Outcome:
    """Write a clip's sound and frames; at no time is there half of either.

    Args:
        job (ClipJob): The clip.
        out (Path): The data root.
        spec (ClipSpec): What to make of it.

    Returns:
        Outcome: Its number of frames and seconds, or why it cannot be used.

    Raises:
        OSError: A file cannot be written.
    """
    more = tuple(job.source.more) if job.source else ()
    folder = out / job.folder
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f'.{job.clip_id}.', suffix='.tmp', dir=folder))
    try:
        frames, seconds = _make(job, draft, spec)
        _publish(draft, out / job.key, spec)
    except UnusableClip as problem:
        return Outcome(job.key, *problem.args, more=more)
    except DataError as error:
        return Outcome(job.key, 'broken', str(error), more=more)
    except OSError:
        raise
    except Exception as error:  # of a decoder: one file must not stop all others
        return Outcome(job.key, 'broken', f'{job.source}: {error!r}', more=more)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    note = ''
    if spec.seconds is not None and seconds < spec.seconds - TOLERANCE:
        note = f'short: {seconds:.2f} s of the {spec.seconds:g} s asked'
    return Outcome(job.key, '', '', frames, round(seconds, 3), note, more)


def _make(job: ClipJob, draft: Path, spec: ClipSpec) -> tuple[int, float]:
    source = job.source
    if source is None:
        raise UnusableClip('missing', 'no file of this id among the media')
    if source.video:
        length = _video_seconds(source.video)
        start, seconds = _window(length, job, spec, source.video)
        _write_sound(source.video, draft, start, seconds, spec)
        times = _frame_times(start, seconds, spec)
        count = _write_frames(video_frames(source.video, times, spec.size), draft, spec)
        _require_frames(count, len(times), source.video, spec)
        return count, seconds
    if not source.audio:
        raise UnusableClip('no audio', f'{source.images[0]} has no sound file of the same id')
    if not source.images:
        raise UnusableClip('no frames', f'{source.audio} has no frames of the same id')
    length = _sound_seconds(source.audio)
    start, seconds = _window(length, job, spec, source.audio)
    images = _numbered(source.images, length, spec) if spec.fps else source.images[:1]
    if spec.fps:
        wanted = len(_frame_times(start, seconds, spec))
        images = images[round(start * spec.fps) :][:wanted]
        _require_frames(len(images), wanted, source.images[0], spec)
    _write_sound(source.audio, draft, start, seconds, spec)
    for index, path in enumerate(images):
        _place_image(path, draft / _frame_name(index, spec), spec.size)
    return len(images), seconds


# ------------------------------------------------------------------------- windows


def _window(length: float, job: ClipJob, spec: ClipSpec, path: str) -> tuple[float, float]:
    """First second and number of seconds of a clip in media of ``length`` seconds."""
    start, seconds = 0.0, length
    if spec.seconds is not None:
        if length > spec.seconds + _CUT_SLACK:
            start = (length - spec.seconds) / 2 if spec.centre else job.begin
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


def _frame_times(start: float, seconds: float, spec: ClipSpec) -> list[float]:
    if spec.fps is None:
        return [start + seconds / 2]
    count = max(1, math.ceil(seconds * spec.fps - 1e-6))
    return [start + index / spec.fps for index in range(count)]


def _require_frames(count: int, wanted: int, path: str, spec: ClipSpec) -> None:
    if count == 0:
        raise UnusableClip('no frames', f'{path} has no picture that can be decoded there')
    if spec.fps and count < wanted - math.ceil(TOLERANCE * spec.fps):
        raise UnusableClip(
            'short',
            f'{path} has {count} of {wanted} frames at {spec.fps:g} fps: pictures end early',
        )


def _video_seconds(path: str) -> float:
    require_file(path)
    with open_container(path) as container:
        streams = container.streams
        if not streams.audio:
            raise UnusableClip('no audio', f'{path} has no audio track')
        if not streams.video:
            raise UnusableClip('no frames', f'{path} has no video track')
        lengths = [track_seconds(container, s) for s in (streams.audio[0], streams.video[0])]
    if min(lengths) <= 0:
        raise UnusableClip('broken', f'{path} does not say how long it is: remux it')
    return min(lengths)


def _sound_seconds(path: str) -> float:
    require_file(path)
    try:
        return soundfile.info(path).duration
    except soundfile.LibsndfileError:
        with open_container(path) as container:
            if not container.streams.audio:
                raise UnusableClip('no audio', f'{path} has no audio track') from None
            return track_seconds(container, container.streams.audio[0])


def _numbered(paths: list[str], length: float, spec: ClipSpec) -> list[str]:
    """Frames without a gap in their numbers, at a rate that fits the sound."""
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


# ------------------------------------------------------------------------- reading


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
    with open_container(path) as container:
        stream = container.streams.video[0]
        origin = float((stream.start_time or 0) * stream.time_base)
        if times[0] > 0:
            container.seek(int((times[0] + origin) / stream.time_base), stream=stream)
        waiting, shown, end = iter(times), None, 0.0
        time = next(waiting)
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            begin = float(frame.pts * stream.time_base) - origin
            while shown is not None and begin > time + 1e-6:
                yield _picture(shown, size)
                time = next(waiting, None)
                if time is None:
                    return
            shown, end = frame, begin + float(1 / (stream.average_rate or 25))
        # A duration is rounded, and the last frame may lie on the video's very end.
        while shown is not None and time is not None and time <= end + 0.1:
            yield _picture(shown, size)
            time = next(waiting, None)


def _picture(frame, size: int) -> np.ndarray:
    scale = min(1.0, size / min(frame.width, frame.height))
    width, height = round(frame.width * scale), round(frame.height * scale)
    picture = frame.to_ndarray(format='rgb24', width=width, height=height, interpolation='AREA')
    return np.rot90(picture, k=round(frame.rotation / 90))


# ------------------------------------------------------------------------- writing


def _frame_name(index: int, spec: ClipSpec) -> str:
    return 'still.jpg' if spec.fps is None else f'{index:0{spec.digits}d}.jpg'


def _write_sound(path: str, draft: Path, start: float, seconds: float, spec: ClipSpec) -> None:
    target = draft / 'sound.wav'
    wave, rate = read_audio(path, spec.sample_rate, seconds, start=lambda length, wanted: start)
    peak = float(np.abs(wave).max())
    if peak < SILENCE:
        raise UnusableClip('silent', f'{path} is silent from {start:g} s on (peak {peak:.2g})')
    if Path(path).suffix.lower() == '.wav' and _is_finished(path, start, seconds, spec):
        _link(path, target)
    else:
        soundfile.write(target, np.clip(wave, -1, 1), rate, subtype='PCM_16')


def _is_finished(path: str, start: float, seconds: float, spec: ClipSpec) -> bool:
    info = soundfile.info(path)
    same = info.samplerate == spec.sample_rate and info.channels == 1
    return same and start == 0 and abs(info.duration - seconds) < 1e-3


def _write_frames(pictures: Iterator[np.ndarray], draft: Path, spec: ClipSpec) -> int:
    count = 0
    for count, picture in enumerate(pictures, 1):
        Image.fromarray(picture).save(draft / _frame_name(count - 1, spec), quality=_QUALITY)
    return count


def _place_image(path: str, target: Path, size: int) -> None:
    picture = read_image(path)
    scale = size / min(picture.shape[:2])
    if scale >= 1 and Path(path).suffix.lower() in ('.jpg', '.jpeg'):
        _link(path, target)
        return
    image = Image.fromarray(picture)
    if scale < 1:
        shape = (round(image.width * scale), round(image.height * scale))
        image = image.resize(shape, Image.Resampling.BOX if scale < 0.5 else None)
    image.save(target, quality=_QUALITY)


def _link(path: str, target: Path) -> None:
    """The same file under another name where the disk can do that, else a copy."""
    try:
        os.link(os.path.realpath(path), target)
    except OSError:
        shutil.copyfile(path, target)


def _publish(draft: Path, target: Path, spec: ClipSpec) -> None:
    """Give a finished draft its names, the frames at last."""
    os.replace(draft / 'sound.wav', f'{target}.wav')
    if spec.fps is None:
        os.replace(draft / _frame_name(0, spec), f'{target}.jpg')
        return
    frames = draft / 'frames'
    frames.mkdir()
    for path in draft.glob('*.jpg'):
        path.rename(frames / path.name)
    if target.exists():
        target.rename(draft / 'old')
    frames.rename(target)
