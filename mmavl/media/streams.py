"""Pictures and sound of a media file at growing times, with a bounded part of it in memory."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction

import av
import numpy as np
import soxr

from mmavl.errors import DataError

from .audio import check_samples, track_seconds
from .image import open_container, upright

# Seconds to decode before the part that is wanted: a decoder's first frames after a seek are not
# yet right.
_PREROLL = 0.2
# Seconds that time stamps may be off before silence is put in or sound left out.
_JITTER = 0.05


class _Stream:
    """An open file; use it in a ``with`` block, in which FFmpeg's errors become DataErrors."""

    kind = ''
    advice = ''

    def __init__(self, path: str) -> None:
        self.path = path
        self._sought = False
        self._stack = ExitStack()

    def __enter__(self) -> '_Stream':
        # 'a:b.mp4' would be a protocol
        protocol = ':' in self.path and not self.path.startswith('/')
        path = f'./{self.path}' if protocol else self.path
        self.container = self._stack.enter_context(open_container(path))
        tracks = getattr(self.container.streams, self.kind)
        if not tracks:
            self._stack.close()
            raise DataError(f'{self.path} has no {self.advice}')
        self.track = tracks[0]
        self.origin = start_time(self.container)
        return self

    def __exit__(self, *exception: object) -> bool | None:
        return self._stack.__exit__(*exception)

    def seconds(self, pts: int) -> float:
        """A time stamp of the track as seconds since the file's beginning."""
        return float(pts * self.track.time_base - self.origin)

    def _seek(self, time: float) -> None:
        if time > 0 or self._sought:
            self._sought = True
            offset = (Fraction(time) + self.origin) / self.track.time_base
            self.container.seek(max(int(offset), 0), stream=self.track)


def start_time(container: av.container.InputContainer) -> Fraction:
    """The second at which a file's time stamps begin: its picture's where it has one."""
    tracks = [*container.streams.video, *container.streams.audio]
    starts = [t.start_time * t.time_base for t in tracks if t.start_time is not None]
    return starts[0] if starts else Fraction(0)


class PictureStream(_Stream):
    """The frames that a video shows, upright as its rotation says, whatever its frame rate.

    Args:
        path (str): A video file.
        start (float): Seconds to begin at. Defaults to 0.
    """

    kind = 'video'
    advice = 'picture track: give a picture and the sound file as a pair'

    def __init__(self, path: str, start: float = 0.0) -> None:
        super().__init__(path)
        self.start = start

    def frames(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Every frame with its time in seconds.

        Raises:
            DataError: There is none.
        """
        self.track.thread_type = 'AUTO'
        for start in dict.fromkeys((self.start, 0.0)):
            self._seek(start)
            found = self._decoded()
            first = next(found, None)
            # a file without an index may be sought past the key frame: then from its beginning
            if first is not None and (first[0] <= start + self.frame_seconds or not start):
                yield first
                yield from found
                return
        raise DataError(f'{self.path} holds no picture: it has a header and no frames')

    def _decoded(self) -> Iterator[tuple[float, av.VideoFrame]]:
        time = None
        for frame in self.container.decode(self.track):
            if frame.pts is not None:
                time = self.seconds(frame.pts)
            else:  # a bare elementary stream has no time stamps
                time = 0.0 if time is None else time + self.frame_seconds
            yield time, frame

    @property
    def frame_seconds(self) -> float:
        """How long a frame lasts on average."""
        return float(1 / self.rate)

    def at(self, times: Iterable[float]) -> Iterator[tuple[float, np.ndarray]]:
        """The frames shown at growing times, until the video or the times are over.

        A time before the first frame gives the first, and the first time gives one in any case.

        Yields:
            tuple[float, np.ndarray]: The time asked for, and RGB uint8 [H, W, 3].
        """
        times = iter(times)
        wanted, shown, end, given = next(times, None), None, 0.0, False
        for time, frame in self.frames():
            while shown is not None and wanted is not None and wanted < time - 1e-6:
                yield wanted, upright(shown)
                wanted, given = next(times, None), True
            if wanted is None:
                return
            shown, end = frame, time + self.frame_seconds
        while wanted is not None and (wanted < end - 1e-6 or not given):
            yield wanted, upright(shown)
            wanted, given = next(times, None), True

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        return self.track.average_rate or Fraction(25)

    def length(self) -> float:
        """Seconds of picture, by the header, else by reading through the file."""
        length = track_seconds(self.container, self.track)
        if length > 0:
            return length
        for packet in self.container.demux(self.track):
            if packet.pts is not None:
                length = max(length, self.seconds(packet.pts) + self.frame_seconds)
        return length


class SoundStream(_Stream):
    """Windows of a file's sound around growing times, mono at one rate.

    Gaps between time stamps are silence. Channels are averaged.

    Args:
        path (str): A file with a sound track.
        sample_rate (int): In Hz. Defaults to 16000.
        seconds (float): Length of a window. Defaults to 5.
        start (float): The first time that will be asked for. Defaults to 0.
    """

    kind = 'audio'
    advice = 'sound track: give a picture and a sound file as a pair, or a video with sound'

    def __init__(
        self, path: str, sample_rate: int = 16000, seconds: float = 5.0, start: float = 0.0
    ) -> None:
        super().__init__(path)
        self.sample_rate = sample_rate
        self.length = round(seconds * sample_rate)
        self.start = max(start - seconds, 0.0)

    def __enter__(self) -> 'SoundStream':
        super().__enter__()
        self._resampler = soxr.ResampleStream(self.track.rate, self.sample_rate, 1)
        self._pieces = self._resampled()
        self._buffer = np.zeros(0, np.float32)
        self._begin = round(self.start * self.sample_rate)  # of the buffer, in samples
        self._over = False
        return self

    def around(self, time: float) -> tuple[float, np.ndarray]:
        """The window whose centre is nearest to a time, inside of the sound.

        Args:
            time (float): Seconds, not less than in the call before.

        Returns:
            tuple[float, np.ndarray]: The window's first second, and float32 [L], L below
            ``seconds * sample_rate`` only where there is no more sound.

        Raises:
            DataError: There is no sound at all, or samples are not finite or far beyond [-1, 1].
        """
        first = max(round(time * self.sample_rate) - self.length // 2, self._begin)
        self._fill(first + self.length)
        end = self._begin + len(self._buffer)
        if self._over:
            first = max(min(first, end - self.length), self._begin)
        window = self._buffer[first - self._begin : first - self._begin + self.length]
        if not end:
            raise DataError(f'{self.path} holds no sound: it has a header and no samples')
        check_samples(self.path, window)
        # a window near the end, yet unknown, may begin earlier than this one
        keep = max(min(first, end - self.length), self._begin)
        self._buffer, self._begin = self._buffer[keep - self._begin :].copy(), keep
        return first / self.sample_rate, window

    def _fill(self, end: int) -> None:
        pieces, have = [self._buffer], self._begin + len(self._buffer)
        while have < end and not self._over:
            piece = next(self._pieces, None)
            if piece is None:
                self._over = True
                break
            pieces.append(piece)
            have += len(piece)
        self._buffer = np.concatenate(pieces)

    def _resampled(self) -> Iterator[np.ndarray]:
        for piece in self.pieces():
            yield self._resampler.resample_chunk(piece)
        yield self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def pieces(self) -> Iterator[np.ndarray]:
        """Mono samples, ``seconds`` before ``start`` and on, at the track's own rate."""
        rate = self.track.rate
        to_float = av.AudioResampler(format='fltp', rate=rate)
        self._seek(self.start - _PREROLL)
        have = self.start
        for frame in self.container.decode(self.track):
            at = have if frame.pts is None else self.seconds(frame.pts)
            piece = np.concatenate(
                [f.to_ndarray().mean(axis=0) for f in to_float.resample(frame)]
                or [np.zeros(0, np.float32)]
            )
            if at - have > _JITTER:
                yield from _silence(round((at - have) * rate), rate)
                have = at
            elif have - at > _JITTER or have == self.start:
                skip = min(max(round((have - at) * rate), 0), len(piece))
                piece = piece[skip:]
            have += len(piece) / rate
            yield piece.astype(np.float32)


def read_whole(path: str) -> tuple[np.ndarray, int]:
    """All of a file's sound, mono float32 [L], and its own rate; gaps are silence.

    Raises:
        DataError: As of :class:`SoundStream`.
    """
    with SoundStream(path) as sound:
        pieces = [*sound.pieces()]
        if not sum(len(piece) for piece in pieces):
            raise DataError(f'{path} holds no sound: it has a header and no samples')
        wave = np.concatenate(pieces)
        check_samples(path, wave)
        return wave, sound.track.rate


def _silence(samples: int, rate: int) -> Iterator[np.ndarray]:
    for first in range(0, samples, rate):
        yield np.zeros(min(rate, samples - first), np.float32)
