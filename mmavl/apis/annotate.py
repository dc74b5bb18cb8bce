"""Drawing localizations into a copy of a video that keeps its sound."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from tqdm import tqdm

from mmavl.media.media_file import MediaFile, opened
from mmavl.media.mp4_writer import Mp4Writer
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream
from mmavl.utils.files import atomic_write
from mmavl.utils.names import to_json
from mmavl.visualization.colours import Colours
from mmavl.visualization.video_frame import View, frame_size, render_frame, strip_height

from .localization import Localization
from .steady import steady_views
from .timeline import Timeline

_LOG = logging.getLogger(__name__)
#: tqdm's line.
_BAR = '{l_bar}{bar}| {n_fmt} of {total_fmt} s of video [{elapsed}<{remaining}]'


def annotate_video(
    source: str | MediaFile,
    out_file: str | Path,
    windows: Iterable[Localization],
    classes: Sequence[str],
    max_side: int = 640,
    frame_rate: float | None = None,
    windows_file: str | Path | None = None,
    show_progress: bool = False,
) -> int:
    """Draw localizations into a video's frames, which keep their times.

    What is drawn is steadied over time (:func:`.steady.steady_views`) and interpolated between
    windows. The sound is copied packet by packet if MP4 supports its codec, else re-encoded as
    AAC. If it is interrupted, a line of the log names the files with what is done so far
    (:func:`part_of`): a video that can be played, with its sound, and its windows.

    Args:
        source (str | MediaFile): The video, or an open one, other than that of ``windows``.
        out_file (str): The MP4 to write; it is never incomplete.
        windows (Iterable[Localization]): In order of time; read as needed.
        classes (Sequence[str]): All classes, which determine the colours.
        max_side (int): Maximum longest side of the frames in pixels. Defaults to 640.
        frame_rate (float, optional): Maximum frame rate. Defaults to all frames.
        windows_file (str, optional): Also write ``windows``, one line of JSON each, without maps.
        show_progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        int: Number of frames written.

    Raises:
        DataError: The video cannot be read completely.
        KeyboardInterrupt, SystemExit: It was interrupted.
        OSError: The file cannot be written.
    """
    files = [Path(file) for file in (out_file, windows_file) if file]
    stop = None
    with ExitStack() as stack:
        target = stack.enter_context(atomic_write(part_of(files[0]), 'wb'))
        lines = stack.enter_context(atomic_write(part_of(files[1]))) if windows_file else None
        seconds, pictures, sound = _streams(stack.enter_context(opened(source)), stack)
        options = {'bar_format': _BAR, 'disable': not show_progress, 'mininterval': 0.5}
        bar = stack.enter_context(tqdm(total=round(seconds), **options))
        timeline = Timeline(steady_views(_written(windows, lines)))
        copy = _Copy(stack, target, pictures.rate, sound, Colours(classes), max_side)
        try:
            for time, frame in _thinned(pictures.frames(), frame_rate):
                copy.add(time, pictures.picture(frame), timeline.at(time))
                bar.update(max(round(time) - bar.n, 0))
            timeline.finish()
        except (KeyboardInterrupt, SystemExit) as error:
            stop = error
            copy.cut(stop)
    if stop is not None:
        kept = ' and '.join(str(part_of(file)) for file in files)
        _LOG.warning('interrupted at %.1f of %.1f s of video: kept as %s', time, seconds, kept)
        raise stop
    for file in files:
        part_of(file).replace(file)
    return copy.frames


class _Copy:
    """The annotated copy, opened at its first frame, which determines its size."""

    def __init__(
        self,
        stack: ExitStack,
        target: IO,
        rate: Fraction,
        sound: SoundStream | None,
        colours: Colours,
        max_side: int,
    ) -> None:
        self.frames = 0
        self._stack = stack
        self._target, self._rate, self._sound = target, rate, sound
        self._colours, self._max_side = colours, max_side

    def add(self, time: float, image: np.ndarray, view: View) -> None:
        """Draw a view over a frame, and write it."""
        if not self.frames:
            height, width = image.shape[:2]
            width, height = self._size = frame_size(width, height, self._max_side)
            size = width, height + strip_height(self._size)
            writer = Mp4Writer(self._target, size, self._rate, self._sound)
            self._writer = self._stack.enter_context(writer)
        drawn = render_frame(image, view, self._colours, self._size, time)
        self._writer.write(time, drawn)
        self.frames += 1

    def cut(self, stop: BaseException) -> None:
        """End the sound with the last frame; raise ``stop`` if there is no frame to keep."""
        if not self.frames:
            raise stop
        self._writer.cut()


def part_of(file: Path) -> Path:
    """The name of an unfinished file: ``a~part.mp4`` for ``a.mp4``; no clip's file has a ``~``."""
    return file.with_name(f'{file.stem}~part{file.suffix}')


def _streams(file: MediaFile, stack: ExitStack) -> tuple[float, PictureStream, SoundStream | None]:
    """The length in seconds, and both tracks for one pass from the start."""
    with PictureStream(file) as pictures:
        seconds = pictures.length()
    file.rewind()
    pictures = stack.enter_context(PictureStream(file))
    sound = stack.enter_context(SoundStream(file)) if file.tracks['audio'] else None
    return seconds, pictures, sound


def _written(windows: Iterable[Localization], file: IO | None) -> Iterator[Localization]:
    for item in windows:
        if file is not None:
            file.write(to_json(item.to_dict(brief=True)) + '\n')
        yield item


def _thinned(frames: Iterable[tuple], rate: float | None) -> Iterator[tuple]:
    due = 0.0
    for time, frame in frames:
        if rate is None or time >= due - 1e-6:
            yield time, frame
            due = max(due + 1 / rate, time) if rate is not None else 0.0
