"""Converting one clip's media to JPEG frames and a WAV file."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from mmavl.datasets.manifest_checks import SILENCE
from mmavl.errors import DataError
from mmavl.media.audio import TOLERANCE, read_audio
from mmavl.media.image import read_image
from mmavl.media.sound_file import open_sound_file
from mmavl.utils.failures import ends_run, error_line
from mmavl.utils.file_names import file_name

from .cutting import (
    ClipSpec,
    UnusableClip,
    check_numbers,
    find_window,
    frame_times,
    require_frames,
    sound_seconds,
    video_frames,
    video_seconds,
)
from .index import Source

_QUALITY = 90


def clip_key(folder: str, clip_id: str) -> str:
    """The path of a clip's files below the data root, without suffix, for any id."""
    return f'{folder}/{file_name(clip_id)}'


@dataclass(frozen=True)
class ClipJob:
    """A clip to make: ``{folder}/{clip_id}.wav`` and its frames, below the data root.

    Attributes:
        clip_id (str): Its id.
        folder (str): Its folder, relative to the data root.
        source (Source, optional): Its media; None if there are none.
        begin (float, optional): Its start in uncut media, in seconds.
    """

    clip_id: str
    folder: str
    source: Source | None
    begin: float | None = None

    @property
    def key(self) -> str:
        """Identifies the clip below the data root."""
        return clip_key(self.folder, self.clip_id)


@dataclass(frozen=True)
class Outcome:
    """The result of converting a clip.

    Attributes:
        key (str): See :class:`ClipJob`.
        cause (str): Why it cannot be used: 'missing', 'broken', 'no audio', 'no frames', 'short',
            'silent' or 'uncut'; empty for a usable clip.
        detail (str): The cause with file and values.
        frames (int): Number of frames written.
        seconds (float): Length of the sound.
        note (str): A remark about a usable clip.
        more (tuple[str, ...]): Ignored files of the same id.
    """

    key: str
    cause: str = ''
    detail: str = ''
    frames: int = 0
    seconds: float = 0.0
    note: str = ''
    more: tuple[str, ...] = ()


def frame_paths(key: str, count: int, spec: ClipSpec) -> list[str]:
    """The paths of a clip's frames, relative to the data root."""
    if spec.fps is None:
        return [f'{key}.jpg']
    return [f'{key}/{_frame_name(index, spec)}' for index in range(count)]


def convert_clip(job: ClipJob, out: Path, spec: ClipSpec) -> Outcome:
    """Write a clip's sound and frames; neither is ever incomplete.

    Args:
        job (ClipJob): The clip.
        out (Path): The data root.
        spec (ClipSpec): The format of the clip.

    Returns:
        Outcome: Its number of frames and length, or why it cannot be used.

    Raises:
        OSError: The data root is not writable, e.g. because the disk is full.
    """
    if job.source is None:
        return Outcome(job.key, 'missing', 'the media have no file of this id')
    more = tuple(job.source.more)
    target, draft = out / job.key, None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f'.{target.name}.', suffix='.tmp', dir=target.parent))
        frames, seconds = _make(job.source, job.begin, draft, spec)
        _publish(draft, target, spec)
    except UnusableClip as problem:
        cause, detail = problem.args
        return Outcome(job.key, cause, detail, more=more)
    except DataError as error:
        return Outcome(job.key, 'broken', str(error), more=more)
    except Exception as error:  # e.g. of a decoder; one file must not stop the others
        _require_room(out, error)
        return Outcome(job.key, 'broken', f'{job.source.path}: {error_line(error)}', more=more)
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
    note = ''
    if spec.seconds is not None and seconds < spec.seconds - TOLERANCE:
        note = f'short: {seconds:.2f} s instead of {spec.seconds:g} s'
    return Outcome(job.key, '', '', frames, round(seconds, 3), note, more)


def _require_room(out: Path, error: Exception) -> None:
    """Raise if nothing can be written, which affects all clips.

    Libraries report a full disk in different ways, so this tries to write.
    """
    if ends_run(error, out):
        raise error
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=out, prefix='.', suffix='.tmp') as file:
        try:
            file.write(bytes(2**16))
            file.flush()
        except OSError as full:
            raise OSError(full.errno, full.strerror, str(out)) from error


def _make(source: Source, begin: float | None, draft: Path, spec: ClipSpec) -> tuple[int, float]:
    if source.video:
        length = video_seconds(source.video)
        start, seconds = find_window(length, begin, spec, source.video)
        _write_sound(source.video, draft, start, seconds, spec)
        times = frame_times(start, seconds, spec)
        count = _write_frames(video_frames(source.video, times, spec.size), draft, spec)
        require_frames(count, len(times), source.video, spec)
        return count, seconds
    if not source.audio:
        raise UnusableClip('no audio', f'{source.images[0]} has no sound file of the same id')
    if not source.images:
        raise UnusableClip('no frames', f'{source.audio} has no frames of the same id')
    length = sound_seconds(source.audio)
    start, seconds = find_window(length, begin, spec, source.audio)
    images = check_numbers(source.images, length, spec) if spec.fps else source.images[:1]
    if spec.fps:
        wanted = len(frame_times(start, seconds, spec))
        images = images[round(start * spec.fps) :][:wanted]
        require_frames(len(images), wanted, source.images[0], spec)
    _write_sound(source.audio, draft, start, seconds, spec)
    for index, path in enumerate(images):
        _place_image(path, draft / _frame_name(index, spec), spec.size)
    return len(images), seconds


def _frame_name(index: int, spec: ClipSpec) -> str:
    return 'still.jpg' if spec.fps is None else f'{index:0{spec.digits}d}.jpg'


def _write_sound(path: str, draft: Path, start: float, seconds: float, spec: ClipSpec) -> None:
    target = draft / 'sound.wav'
    wave, rate = read_audio(path, spec.sample_rate, seconds, start=lambda length, wanted: start)
    peak = float(np.abs(wave).max())
    if peak < SILENCE:
        raise UnusableClip('silent', f'{path} is silent after {start:g} s (peak {peak:.2g})')
    if Path(path).suffix.lower() == '.wav' and _is_finished(path, start, seconds, spec):
        _link(path, target)
    else:
        soundfile.write(os.fsencode(target), np.clip(wave, -1, 1), rate, subtype='PCM_16')


def _is_finished(path: str, start: float, seconds: float, spec: ClipSpec) -> bool:
    file = open_sound_file(path)
    if file is None:
        return False
    with file:
        same = file.rate == spec.sample_rate and file.channels == 1
        return same and start == 0 and abs(file.samples / file.rate - seconds) < 1e-3


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
    """Hard-link the file under another name if possible, else copy it."""
    try:
        os.link(os.path.realpath(path), target)
    except OSError:
        shutil.copyfile(path, target)


def _publish(draft: Path, target: Path, spec: ClipSpec) -> None:
    """Move a finished draft to its final names, frames last."""
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
