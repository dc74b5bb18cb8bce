"""A media file that is opened once and read by several steps, and by two tracks at a time."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import lru_cache
from itertools import islice

import av

from .container import find_track, open_container, reason_of, start_time

# Failing reads in a row after which a damaged file is over.
_MOST_READ_ERRORS = 20
# Bytes of packets that are kept for a track while the other one is read.
_MOST_HELD = 2**26

_log = logging.getLogger(__name__)


class MediaFile:
    """An open video or sound file; use it in a ``with`` block.

    One pass through the file serves its picture and its sound track, if both begin at the
    beginning: what one of them reads of the other is kept for it. A track that goes elsewhere
    while the other one is being read must open the file for itself, see :meth:`is_alone`.

    Args:
        path (str): The file.

    Attributes:
        container (InputContainer): As opened by FFmpeg.
        tracks (dict[str, Stream | None]): The 'video' and the 'audio' track that players choose.
        origin (Fraction): See :func:`mmavl.media.container.start_time`.
        sound_rate (int, optional): The sound track's rate by its header, in Hz.
        lengths (dict[str, float]): Seconds of the tracks that have been measured.

    Raises:
        DataError: On entry: the file is missing, empty, or not a video or sound.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.lengths: dict[str, float] = {}
        self._stack = ExitStack()
        self._waiting: dict[str, deque[av.Packet]] = {}  # of the tracks that are being read

    def __enter__(self) -> 'MediaFile':
        self._open()
        return self

    def __exit__(self, *exception: object) -> bool | None:
        return self._stack.__exit__(*exception)

    def _open(self) -> None:
        self._stack.close()
        self.container = self._stack.enter_context(open_container(self.path))
        self.tracks = {kind: find_track(self.container, kind) for kind in ('video', 'audio')}
        self.origin = start_time(self.container)
        sound = self.tracks['audio']
        self.sound_rate = None if sound is None else sound.rate
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
        """Take part in reading, as the 'video' or the 'audio' track.

        Returns:
            bool: False where a track of that kind is being read.
        """
        if kind in self._waiting:
            return False
        self._waiting[kind] = deque()
        self._taken[kind] = self._held[kind] = 0
        if self._untouched:
            self._unread.add(kind)
        return True

    def leave(self, kind: str) -> None:
        """Take part no longer."""
        self._waiting.pop(kind, None)
        self._unread.discard(kind)

    def is_alone(self, kind: str) -> bool:
        """Whether no other track is being read, so that this one can go where it wants."""
        return self._waiting.keys() <= {kind}

    def is_at_start(self, kind: str) -> bool:
        """Whether nothing of a track has been read of this pass, which begins at the beginning."""
        return kind in self._unread

    def seek(self, kind: str, stamp: int) -> None:
        """Go to the key packet before a time stamp of a track.

        Raises:
            av.FFmpegError, OverflowError: The file has no index, or no such place.
        """
        self._restart(at_start=False)
        self.container.seek(stamp, stream=self.tracks[kind])

    def rewind(self) -> None:
        """Go back to the first packet.

        Not every format can seek to its beginning; MP4 and MOV can, others are opened again. What
        decoders make up, as that of AAC does with noise, differs from pass to pass.
        """
        if self._untouched:
            return
        tracks = [track for track in self.tracks.values() if track and track.index_entries]
        if 'mp4' in self.container.format.name and tracks:
            starts = [track.index_entries[0].timestamp * track.time_base for track in tracks]
            first = tracks[starts.index(min(starts))]  # FFmpeg moves the others to its time
            try:
                self.container.seek(first.index_entries[0].timestamp, stream=first)
                self._restart(at_start=True)
                return
            except (av.FFmpegError, OverflowError):
                pass
        self._open()

    def packets(self, kind: str) -> Iterator[av.Packet]:
        """A track's packets from here on, in the file's order; reading goes on after damage."""
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
            except Exception as error:  # of any type; reading goes on after the damage
                errors, reason = errors + 1, reason or reason_of(error)
                self._packets = None
        else:
            warn_once(f'{self.path}: its {kind} is read no further ({reason})')
        if kind in self._lost:
            with MediaFile(self.path) as again:
                again.join(kind)
                yield from islice(again.packets(kind), self._taken[kind], None)

    def _read(self, kind: str) -> bool:
        """Take the next packet for whichever track; False at the end of the file."""
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
                    self._lost.add(other)  # it is read once more from there, to save memory
        return True


def opened(source: str | MediaFile) -> AbstractContextManager[MediaFile]:
    """A context with an open file; one that was open before stays so after it."""
    return nullcontext(source) if isinstance(source, MediaFile) else MediaFile(source)


@lru_cache(maxsize=1024)
def warn_once(message: str) -> None:
    """Log a warning, unless the same one was logged before."""
    _log.warning(message)
