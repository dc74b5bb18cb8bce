"""One track of a media file, decoded in the order of its time stamps whatever its header says."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from functools import lru_cache
from itertools import dropwhile

import av

from mmavl.errors import DataError

from .container import find_track, open_container, reason_of, require_file, start_time

#: Share of a track's packets that may be undecodable; they are skipped and counted.
MOST_UNDECODABLE = 0.1
# Packets after which that share is looked at while decoding goes on; before, only at the end.
_ENOUGH_PACKETS = 100
# Failing reads in a row after which a damaged file is over.
_MOST_READ_ERRORS = 20
# A seek that lands late is repeated so many seconds further back; then decoding begins at the
# file's beginning.
_FURTHER_BACK = (0.0, 4.0, 16.0, 64.0)
# Seconds before the end that the header names from which the packets are counted.
_TAIL = 2.0
# Time stamps that step back or leap by more than this are another recording's, joined on.
_STEP_BACK, _LEAP = 1.0, 600.0

_log = logging.getLogger(__name__)


class Track:
    """A track of an open file; use it in a ``with`` block.

    Every time is in seconds on the file's one clock, see :func:`mmavl.media.container.start_time`.
    What a header says of lengths and rates is a hint, never a limit or a promise.

    Args:
        path (str): A video or sound file.

    Attributes:
        track (av.stream.Stream): FFmpeg's track.

    Raises:
        DataError: On entry: the file cannot be opened, or has no such track. While decoding: too
            many packets cannot be decoded.
    """

    kind = ''
    advice = ''

    def __init__(self, path: str) -> None:
        self.path = path
        self._stack = ExitStack()

    def __enter__(self) -> 'Track':
        self._open()
        return self

    def _open(self) -> None:
        self._stack.close()
        self.container = self._stack.enter_context(open_container(self.path))
        self.track = find_track(self.container, self.kind)
        if self.track is None:
            self._stack.close()
            raise DataError(f'{self.path} has no {self.advice}')
        self.origin = start_time(self.container)

    def __exit__(self, *exception: object) -> bool | None:
        return self._stack.__exit__(*exception)

    def seconds(self, stamp: int) -> float:
        """A time stamp of the track on the file's clock."""
        return float(stamp * self.track.time_base - self.origin)

    def decoded(
        self, start: float = 0.0, seek: bool = True
    ) -> Iterator[tuple[float, av.frame.Frame]]:
        """Frames with their times, from one at or before ``start`` on where there is one.

        Args:
            start (float): Seconds. Defaults to 0.
            seek (bool): Whether to leave out what can be; without, they are all frames. A seek
                in joined recordings may lead into the wrong one. Defaults to True.

        Yields:
            tuple[float, av.frame.Frame]: The time in seconds. It grows, but for overlaps of up to
            a second where recordings were joined.
        """
        for back in _FURTHER_BACK if seek else ():
            if start - back <= 0:
                break
            frames = self._after_seek(start - back)
            first = next(frames, None)
            if first is not None and first[0] <= start:
                yield first
                yield from frames
                return
        if start > 0 and seek:
            self._open()  # not every format can seek to its beginning
        yield from self._on_one_clock(self._frames())

    def _after_seek(self, time: float) -> Iterator[tuple[float, av.frame.Frame]]:
        if getattr(self.track.codec_context, 'pix_fmt', None) == 'pal8':
            return iter(())  # the palette comes once, with the first packet
        offset = (Fraction(time) + self.origin) / self.track.time_base
        try:
            self.container.seek(int(offset), stream=self.track)
        except (av.FFmpegError, OverflowError):  # no index, or a length beyond 64 bits
            return iter(())
        return self._on_one_clock(dropwhile(lambda f: not self.is_entry(f), self._frames()))

    def is_entry(self, frame: av.frame.Frame) -> bool:
        """Whether a frame can be decoded without those before it."""
        return True

    def _frames(self) -> Iterator[av.frame.Frame]:
        packets_read = undecodable = 0
        for packet in self.packets():
            try:
                frames = packet.decode()
            except Exception:  # a decoder raises nearly any type
                # before the first frame it may only lack the key frame that it refers to
                undecodable += packets_read > 0
                frames = []
            packets_read += bool(packets_read or frames)
            yield from frames
            if packets_read == _ENOUGH_PACKETS:
                self._judge(undecodable, packets_read)
        self._judge(undecodable, packets_read)

    def packets(self) -> Iterator[av.Packet]:
        """The track's packets in the file's order; reading goes on after damage."""
        errors, reason = 0, ''
        while errors < _MOST_READ_ERRORS:
            try:
                for packet in self.container.demux(self.track):
                    errors, reason = 0, ''
                    yield packet
                return
            except Exception as error:  # as above; reading goes on after the damage
                errors, reason = errors + 1, reason or reason_of(error)
        _warn_once(f'{self.path}: its {self.kind} is read no further ({reason})')

    def _judge(self, undecodable: int, packets_read: int) -> None:
        if undecodable > MOST_UNDECODABLE * packets_read:
            raise DataError(
                f'{self.path} is damaged: {undecodable} of {packets_read} packets of its '
                f'{self.kind} cannot be decoded; fetch or convert it again'
            )
        if undecodable:
            _warn_once(
                f'{self.path}: left out {undecodable} of {packets_read} packets of its '
                f'{self.kind}, which cannot be decoded'
            )

    def _on_one_clock(
        self, frames: Iterator[av.frame.Frame]
    ) -> Iterator[tuple[float, av.frame.Frame]]:
        clock = Clock(self)
        for frame in frames:
            yield clock(frame.pts, self.duration(frame), self.is_timed(frame)), frame

    def is_timed(self, frame: av.frame.Frame) -> bool:
        """Whether a frame's time stamp is its time to the last digit."""
        return True

    def duration(self, frame: av.frame.Frame) -> float:
        """How long a frame lasts, in seconds."""
        raise NotImplementedError

    @classmethod
    def length_of(cls, path: str) -> float:
        """Seconds from a file's beginning to the end of the track, by its packets.

        Nothing is decoded. Reading begins near the end that the header names, so a large file
        with a right header costs little.

        Raises:
            DataError: The file cannot be opened, or has no such track.
        """
        require_file(path)
        status = os.stat(path)
        return _measured(cls, path, status.st_size, status.st_mtime_ns)

    def _measure(self) -> float:
        hint = self._header_seconds()
        if hint > 2 * _TAIL and self._can_seek():
            offset = (Fraction(hint - _TAIL) + self.origin) / self.track.time_base
            try:
                self.container.seek(int(offset), stream=self.track)
                end = self._last_end()
            except (av.FFmpegError, OverflowError):
                end = 0.0
            if end > 0:
                return end
            self._open()
        return self._last_end()

    def _header_seconds(self) -> float:
        if self.track.duration is not None:
            begin = self.track.start_time or 0
            return self.seconds(begin + self.track.duration)
        return (self.container.duration or 0) / av.time_base

    def _can_seek(self) -> bool:
        return bool(self.track.index_entries) or self.container.format.name == 'mpegts'

    def _last_end(self) -> float:
        clock, end = Clock(self), 0.0
        for packet in self.packets():
            if packet.size:
                # packets come in the order of decoding: only those times grow
                stamp = packet.pts if packet.dts is None else packet.dts
                ahead = 0 if packet.pts is None else (packet.pts - stamp) * packet.time_base
                lasts = self.packet_duration(packet)
                end = max(end, clock(stamp, lasts) + float(ahead) + lasts)
        return end

    def packet_duration(self, packet: av.Packet) -> float:
        """How long a packet lasts, in seconds."""
        return float((packet.duration or 0) * packet.time_base) or self.packet_seconds

    @property
    def packet_seconds(self) -> float:
        """How long a packet lasts that does not say it."""
        return 0.0


class Clock:
    """The times of successive frames or packets; those of joined recordings go on.

    Args:
        track (Track): The track.

    Attributes:
        due (float, optional): Seconds at which the next one is expected.
    """

    def __init__(self, track: Track) -> None:
        self._track = track
        self._shift = 0.0
        self.due: float | None = None

    def __call__(self, stamp: int | None, lasts: float, timed: bool = True) -> float:
        """The time of the next frame or packet.

        Args:
            stamp (int, optional): Its time stamp; a bare elementary stream has none.
            lasts (float): Seconds that it lasts.
            timed (bool): Whether the stamp is a time to the last digit. Defaults to True.

        Returns:
            float: Seconds.
        """
        time = self.due or 0.0
        if stamp is not None:
            time = self._track.seconds(stamp) + self._shift
            off = 0.0 if self.due is None else time - self.due
            joined = not -_STEP_BACK <= off <= _LEAP
            if joined or (not timed and off <= _STEP_BACK):
                self._shift -= off
                time -= off
        self.due = time + lasts if self.due is None else max(self.due, time + lasts)
        return time


@lru_cache(maxsize=4096)
def _measured(cls: type[Track], path: str, size: int, changed: int) -> float:
    with cls(path) as track:
        return track._measure()


@lru_cache(maxsize=1024)
def _warn_once(message: str) -> None:
    _log.warning(message)
