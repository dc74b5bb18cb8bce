"""A media file that is opened once and read in several steps, and by two tracks at a time."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import lru_cache
from itertools import islice
from types import TracebackType

import av

from .container import find_track, open_container, reason_of, start_time, time_base

# Consecutive failed reads after which reading a damaged file ends.
_MOST_READ_ERRORS = 20
# Maximum bytes of packets kept for one track while the other is read.
_MOST_HELD = 2**26

_log = logging.getLogger(__name__)


class MediaFile:
    """An open video or sound file; use it in a ``with`` block.

    One pass through the file serves its picture and its sound track, if both start at the
    beginning: packets of one track are kept while the other is read. A track that seeks
    while the other one is being read must open the file again, see :meth:`is_alone`.

    Args:
        path (str): The file.

    Attributes:
        container (InputContainer): As opened by FFmpeg.
        tracks (dict[str, VideoStream | AudioStream | None]): The 'video' and 'audio' tracks that
            players select.
        origin (Fraction): See :func:`mmavl.media.container.start_time`.
        sound_rate (int, optional): The sound track's rate in Hz, by its header.
        lengths (dict[str, float]): Lengths in seconds of the tracks measured so far.

    Raises:
        DataError: On entry: the file is missing, empty, or not a video or sound file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.lengths: dict[str, float] = {}
        self._stack = ExitStack()
        self._waiting: dict[str, deque[av.Packet]] = {}  # for the tracks that are being read

    def __enter__(self) -> 'MediaFile':
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def _open(self) -> None:
        self._stack.close()
        self.container = self._stack.enter_context(open_container(self.path))
        self.tracks = {kind: find_track(self.container, kind) for kind in ('video', 'audio')}
        self.origin = start_time(self.container)
        sound = self.tracks['audio']
        self.sound_rate = sound.rate if isinstance(sound, av.AudioStream) else None
        self._restart(at_start=True)

    def _restart(self, at_start: bool) -> None:
        self._packets: Iterator[av.Packet] | None = None
        self._unread = set(self._waiting) if at_start else set()  # can begin at the beginning
        self._untouched = at_start
        self._taken = dict.fromkeys(self._waiting, 0)  # packets, of this pass
        self._held = dict.fromkeys(self._waiting, 0)  # bytes
        self._lost: set[str] = set()
        for packets in self._waiting.values():
            packets.clear()

    def join(self, kind: str) -> bool:
        """Start reading the 'video' or the 'audio' track.

        Returns:
            bool: False if a track of that kind is already being read.
        """
        if kind in self._waiting:
            return False
        self._waiting[kind] = deque()
        self._taken[kind] = self._held[kind] = 0
        if self._untouched:
            self._unread.add(kind)
        return True

    def leave(self, kind: str) -> None:
        """Stop reading a track."""
        self._waiting.pop(kind, None)
        self._unread.discard(kind)

    def is_alone(self, kind: str) -> bool:
        """Whether no other track is being read, so that this one can seek."""
        return self._waiting.keys() <= {kind}

    def is_at_start(self, kind: str) -> bool:
        """Whether this pass started at the beginning and has not read any of a track."""
        return kind in self._unread

    def seek(self, kind: str, stamp: int) -> None:
        """Seek to the key packet before a time stamp of a track.

        Raises:
            av.FFmpegError, OverflowError: The file has no index, or no such place.
        """
        self._restart(at_start=False)
        self.container.seek(stamp, stream=self.tracks[kind])

    def rewind(self) -> None:
        """Return to the first packet.

        Not every format can seek to its beginning; MP4 and MOV can, others are opened again.
        Random parts of decoders, such as the noise of AAC, differ between passes.
        """
        if self._untouched:
            return
        tracks = [track for track in self.tracks.values() if track and track.index_entries]
        if 'mp4' in self.container.format.name and tracks:
            starts = [track.index_entries[0].timestamp * time_base(track) for track in tracks]
            first = tracks[starts.index(min(starts))]  # FFmpeg moves the others to its time
            try:
                self.container.seek(first.index_entries[0].timestamp, stream=first)
                self._restart(at_start=True)
                return
            except (av.FFmpegError, OverflowError):
                pass
        self._open()

    def packets(self, kind: str) -> Iterator[av.Packet]:
        """Yield a track's packets in the file's order; reading continues after damage."""
        self._unread.discard(kind)
        waiting, errors, reason = self._waiting[kind], 0, ''
        while errors < _MOST_READ_ERRORS:
            try:
                while waiting or (kind not in self._lost and self._read(kind)):
                    errors, reason = 0, ''
                    if waiting:
                        self._held[kind] -= waiting[0].size
                        yield waiting.popleft()
                break
            except Exception as error:  # of any type; reading continues after the damage
                errors, reason = errors + 1, reason or reason_of(error)
                self._packets = None
        else:
            warn_once(f'{self.path}: its {kind} is read no further ({reason})')
        if kind in self._lost:
            with MediaFile(self.path) as again:
                again.join(kind)
                yield from islice(again.packets(kind), self._taken[kind], None)

    def _read(self, kind: str) -> bool:
        """Read the next packet of any track; False at the end of the file."""
        if self._packets is None:
            self._packets = self.container.demux([self.tracks[kind] for kind in self._waiting])
        packet = next(self._packets, None)
        if packet is None:
            return False
        self._untouched = False
        for other, waiting in self._waiting.items():
            if packet.stream is self.tracks[other] and other not in self._lost:
                waiting.append(packet)
                self._taken[other] += 1
                self._held[other] += packet.size
                if other != kind and self._held[other] > _MOST_HELD:
                    self._lost.add(other)  # it is read again from there, to save memory
        return True


def opened(source: str | MediaFile) -> AbstractContextManager[MediaFile]:
    """A context with an open file; a file that was already open is not closed."""
    return nullcontext(source) if isinstance(source, MediaFile) else MediaFile(source)


@lru_cache(maxsize=1024)
def warn_once(message: str) -> None:
    """Log a warning, unless the same one was logged before."""
    _log.warning(message)
