"""A track of a media file, decoded in the order of its time stamps whatever its header says."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from functools import lru_cache
from itertools import dropwhile
from types import TracebackType
from typing import Generic, TypeVar, cast

import av

from mmavl.errors import DataError

from .container import require_file, time_base
from .media_file import MediaFile, warn_once

#: Share of a track's packets that may be undecodable; they are skipped and counted.
MOST_UNDECODABLE = 0.1
# Packets after which this share is checked during decoding; before that, only at the end.
_ENOUGH_PACKETS = 100
# If a seek lands late, it is repeated this many seconds earlier; finally decoding starts at the
# beginning of the file.
_FURTHER_BACK = (0.0, 4.0, 16.0, 64.0)
# Packets are counted from this many seconds before the end given by the header.
_TAIL = 2.0
# Time stamps that step back or jump by more than this belong to another, joined recording.
_STEP_BACK, _LEAP = 1.0, 600.0

FrameT = TypeVar('FrameT', bound=av.frame.Frame)
_TrackT = TypeVar('_TrackT', bound='Track')


class Track(Generic[FrameT]):
    """A track of an open file; use it in a ``with`` block.

    All times are in seconds on the file's clock, see :func:`mmavl.media.container.start_time`.
    Lengths and rates in a header are only hints.

    Args:
        source (str | MediaFile): A video or sound file, or an open one.

    Raises:
        DataError: On entry: the file cannot be opened, or has no such track. While decoding: too
            many packets cannot be decoded.
    """

    kind = ''
    advice = ''

    def __init__(self, source: str | MediaFile) -> None:
        self.path = source.path if isinstance(source, MediaFile) else source
        self._source = source
        self._stack = ExitStack()

    def __enter__(self: _TrackT) -> _TrackT:
        if isinstance(self._source, MediaFile) and self._source.join(self.kind):
            self.file = self._source
            self._stack.callback(self.file.leave, self.kind)
        else:
            self._open_alone()
        if self.file.tracks[self.kind] is None:
            self._stack.close()
            raise DataError(f'{self.path} has no {self.advice}')
        return self

    def _open_alone(self) -> None:
        self._stack.close()
        self.file = self._stack.enter_context(MediaFile(self.path))
        self.file.join(self.kind)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    @property
    def track(self) -> av.VideoStream | av.AudioStream:
        """FFmpeg's track."""
        track = self.file.tracks[self.kind]
        assert track is not None  # checked on entry
        return track

    def seconds(self, stamp: int) -> float:
        """A time stamp of the track in seconds on the file's clock."""
        return float(stamp * time_base(self.track) - self.file.origin)

    def decoded(self, start: float = 0.0, seek: bool = True) -> Iterator[tuple[float, FrameT]]:
        """Frames with their times, from one at or before ``start`` if there is one.

        Args:
            start (float): Seconds. Defaults to 0.
            seek (bool): Whether to skip earlier frames; otherwise all are yielded. A seek
                in joined recordings may land in the wrong one. Defaults to True.

        Yields:
            tuple[float, av.frame.Frame]: The time in seconds. It increases, except for overlaps of
            up to a second in joined recordings.
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
        self._to_start()
        yield from self._on_one_clock(self._frames())

    def _to_start(self) -> None:
        if not self.file.is_at_start(self.kind):
            if self.file.is_alone(self.kind):
                self.file.rewind()
            else:
                self._open_alone()

    def _after_seek(self, time: float) -> Iterator[tuple[float, FrameT]]:
        if getattr(self.track.codec_context, 'pix_fmt', None) == 'pal8':
            return iter(())  # the palette is only in the first packet
        try:
            self._seek(time)
        except (av.FFmpegError, OverflowError):  # no index, or a length beyond 64 bits
            return iter(())
        return self._on_one_clock(dropwhile(lambda f: not self.is_entry(f), self._frames()))

    def _seek(self, time: float) -> None:
        if not self.file.is_alone(self.kind):
            self._open_alone()
        offset = (Fraction(time) + self.file.origin) / time_base(self.track)
        self.file.seek(self.kind, int(offset))

    def is_entry(self, frame: FrameT) -> bool:
        """Whether a frame can be decoded without earlier ones."""
        return True

    def _frames(self) -> Iterator[FrameT]:
        packets_read = undecodable = 0
        for packet in self.file.packets(self.kind):
            try:
                frames = cast(list[FrameT], self.track.codec_context.decode(packet))
            except Exception:  # decoders raise almost any type
                # before the first frame it may only lack the key frame that it refers to
                undecodable += packets_read > 0
                frames = []
            packets_read += bool(packets_read or frames)
            yield from frames
            if packets_read == _ENOUGH_PACKETS:
                self._judge(undecodable, packets_read)
        self._judge(undecodable, packets_read)

    def packets(self) -> Iterator[av.Packet]:
        """All packets of the track in the file's order; reading continues after damage."""
        self._to_start()
        return self.file.packets(self.kind)

    def _judge(self, undecodable: int, packets_read: int) -> None:
        if undecodable > MOST_UNDECODABLE * packets_read:
            raise DataError(
                f'{self.path} is damaged: {undecodable} of {packets_read} packets of its '
                f'{self.kind} cannot be decoded; fetch or convert it again'
            )
        if undecodable:
            warn_once(
                f'{self.path}: left out {undecodable} of {packets_read} packets of its '
                f'{self.kind}, which cannot be decoded'
            )

    def _on_one_clock(self, frames: Iterator[FrameT]) -> Iterator[tuple[float, FrameT]]:
        clock = Clock(self)
        for frame in frames:
            yield clock(frame.pts, self.duration(frame), self.is_timed(frame)), frame

    def is_timed(self, frame: FrameT) -> bool:
        """Whether a frame's time stamp is exactly its time."""
        return True

    def duration(self, frame: FrameT) -> float:
        """Duration of a frame in seconds."""
        raise NotImplementedError

    def length(self) -> float:
        """Seconds from the start of the file to the end of the track, by its packets.

        Nothing is decoded. Reading starts near the end given by the header, so a large file
        with a correct header takes little time.
        """
        if not self.file.is_alone(self.kind):
            return self.length_of(self.path)
        if self.kind not in self.file.lengths:
            self.file.lengths[self.kind] = self._measure()
        return self.file.lengths[self.kind]

    @classmethod
    def length_of(cls, path: str) -> float:
        """Like :meth:`length`, for a file that is opened for it; measured once.

        Raises:
            DataError: The file cannot be opened, or has no such track.
        """
        require_file(path)
        status = os.stat(path)
        # mypy looks up __hash__ in the class's instances
        return _measured(cls, path, status.st_size, status.st_mtime_ns)  # type: ignore[arg-type]

    def _measure(self) -> float:
        hint = self._header_seconds()
        if hint > 2 * _TAIL and self._can_seek():
            try:
                self._seek(hint - _TAIL)
                end = self._last_end()
            except (av.FFmpegError, OverflowError):
                end = 0.0
            if end > 0:
                return end
        self._to_start()
        return self._last_end()

    def _header_seconds(self) -> float:
        if self.track.duration is not None:
            begin = self.track.start_time or 0
            return self.seconds(begin + self.track.duration)
        return (self.file.container.duration or 0) / av.time_base

    def _can_seek(self) -> bool:
        return bool(self.track.index_entries) or self.file.container.format.name == 'mpegts'

    def _last_end(self) -> float:
        clock, end = Clock(self), 0.0
        for packet in self.file.packets(self.kind):
            if packet.size:
                # packets come in the order of decoding: only those times grow
                pts = packet.pts
                stamp = pts if packet.dts is None else packet.dts
                ahead = 0 if pts is None or stamp is None else (pts - stamp) * packet.time_base
                lasts = self.packet_duration(packet)
                end = max(end, clock(stamp, lasts) + float(ahead) + lasts)
        return end

    def packet_duration(self, packet: av.Packet) -> float:
        """Duration of a packet in seconds."""
        return float((packet.duration or 0) * packet.time_base) or self.packet_seconds

    @property
    def packet_seconds(self) -> float:
        """Duration of packets that do not state it."""
        return 0.0


class Clock:
    """The times of successive frames or packets, continued across joined recordings.

    Args:
        track (Track): The track.

    Attributes:
        due (float, optional): Expected time of the next one in seconds.
    """

    def __init__(self, track: Track) -> None:
        self._track = track
        self._shift = 0.0
        self.due: float | None = None

    def __call__(self, stamp: int | None, lasts: float, timed: bool = True) -> float:
        """The time of the next frame or packet.

        Args:
            stamp (int, optional): Its time stamp; a bare elementary stream has none.
            lasts (float): Its duration in seconds.
            timed (bool): Whether the stamp is exactly the time. Defaults to True.

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
        return track.length()
