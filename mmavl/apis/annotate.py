"""Drawing localizations into a copy of a video that keeps its sound."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
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
from mmavl.visualization.video_frame import STRIP, frame_size, render_frame

from .localization import Localization

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

    Maps and scores are interpolated between windows. Frames are read, drawn and
    written one by one; the sound is copied packet by packet if MP4 supports its codec, else
    re-encoded as AAC.

    Args:
        source (str | MediaFile): The video, or an open one; not the open file that
            ``windows`` comes from.
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
        OSError: The file cannot be written.
    """
    with ExitStack() as stack:
        lines = stack.enter_context(atomic_write(windows_file) if windows_file else nullcontext())
        target = stack.enter_context(atomic_write(out_file, 'wb'))
        seconds, pictures, sound = _streams(stack.enter_context(opened(source)), stack)
        bar = stack.enter_context(
            tqdm(total=round(seconds), bar_format=_BAR, disable=not show_progress, mininterval=0.5)
        )
        timeline = Timeline(_written(windows, lines))
        writer, frames = None, 0
        for time, frame in _thinned(pictures.frames(), frame_rate):
            image = pictures.picture(frame)
            maps, scores, kinds = timeline.at(time)
            if writer is None:
                size = frame_size(image.shape[1], image.shape[0], max_side)
                writer = stack.enter_context(
                    Mp4Writer(target, (size[0], size[1] + STRIP), pictures.rate, sound)
                )
            writer.write(time, render_frame(image, maps, scores, classes, size, time, kinds))
            frames += 1
            bar.update(max(round(time) - bar.n, 0))
        timeline.finish()
    return frames


class Timeline:
    """Localizations at any times in increasing order.

    Args:
        windows (Iterable[Localization]): In order of time.
    """

    def __init__(self, windows: Iterable[Localization]) -> None:
        self._windows = iter(windows)
        self._before: Localization | None = None
        self._after = next(self._windows, None)

    def at(self, time: float) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, str]]:
        """Maps, probabilities and finer names of what sounds at a given time.

        Linear interpolation between neighbours; the classes are those of the nearer one.
        """
        while self._after is not None and self._after.time <= time:
            self._before, self._after = self._after, next(self._windows, None)
        before, after = self._before or self._after, self._after or self._before
        if before is None:
            return {}, {}, {}
        span = after.time - before.time
        share = min(max((time - before.time) / span, 0.0), 1.0) if span > 0 else 0.0
        nearer = after if share > 0.5 else before
        maps = {
            label: (1 - share) * before.maps[label] + share * after.maps[label]
            for label in nearer.shown
            if label in before.maps and label in after.maps
        }
        scores = {
            k: (1 - share) * before.audio_probs[k] + share * after.audio_probs[k]
            for k in nearer.sounding
            if k in before.audio_probs
        }
        return maps, scores, nearer.kinds

    def finish(self) -> None:
        """Read the remaining windows."""
        for _ in self._windows:
            pass


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
