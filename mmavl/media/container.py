"""Opening media files with FFmpeg so that an untrusted file cannot open any other file."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction

import av
from av.stream import Disposition

from mmavl.errors import DataError

# File formats that are allowed. Playlists (HLS, DASH, ffconcat), patterns of pictures, devices
# and network descriptions are excluded, since they make FFmpeg open other files.
_DEMUXERS = (
    'aac', 'ac3', 'aiff', 'amr', 'amrnb', 'amrwb', 'ape', 'asf', 'au', 'av1', 'avi', 'caf', 'dsf',
    'dts', 'dv', 'eac3', 'flac', 'flv', 'gif', 'h263', 'h264', 'hevc', 'ivf', 'live_flv', 'loas',
    'm4v', 'matroska', 'mov', 'mp3', 'mpc', 'mpc8', 'mpeg', 'mpegts', 'mpegvideo', 'mxf', 'nut',
    'obu', 'ogg', 'rm', 'tta', 'voc', 'w64', 'wav', 'wv',
)  # fmt: skip
# Maximum seconds for opening a file, or waiting for its next packet.
_DEADLINE = 20.0
#: Maximum pixels of a frame or picture: 256 MB in FFmpeg and Pillow.
MOST_PIXELS = 2**26
# Sound may precede its picture by this many seconds without delaying it: encoder priming, 128 ms
# for AAC at 8 kHz.
_RUN_UP = 0.2
_NOT_SHOWN = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def require_file(path: str) -> None:
    """Raise unless ``path`` is a regular, non-empty and readable file.

    Raises:
        DataError: The file is missing, a folder or device, empty, or not readable.
    """
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            f'{path} is missing: check data_root and the path in the manifest'
        ) from None
    except (OSError, ValueError) as error:  # a name too long, a loop of links, a NUL
        raise DataError(f'{path!r:.300} cannot be opened: {reason_of(error)}') from error
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f'{path} is not a regular file')
    if status.st_size == 0:
        raise DataError(f'{path} is an empty file: fetch or convert it again')


@contextmanager
def decoding_errors(path: str, failed: str = 'be decoded') -> Iterator[None]:
    """Turn any error raised in the block into a DataError that names the file.

    Decoders raise almost any type of error on damaged input: OverflowError, struct.error, ...

    Args:
        path (str): The file.
        failed (str): What could not be done, for the message. Defaults to 'be decoded'.

    Raises:
        DataError: An error was raised.
    """
    try:
        yield
    except DataError:
        raise
    except PermissionError as error:
        raise DataError(f'{path} cannot be opened: {reason_of(error)}') from error
    except Exception as error:
        raise DataError(
            f'{path} cannot {failed} ({reason_of(error)}): it is truncated, damaged, too large or '
            'not the kind of file its name says; fetch or convert it again'
        ) from error


def reason_of(error: Exception) -> str:
    """The short message of an error from FFmpeg, the system or a decoder, without file names."""
    text = getattr(error, 'strerror', None) or ' '.join(str(error).split())[:200]
    return text or type(error).__name__


@contextmanager
def open_container(path: str) -> Iterator[av.container.InputContainer]:
    """Open a video or sound file.

    FFmpeg gets the open file, so any file name works, and it cannot open other files.

    Yields:
        av.container.InputContainer: The open container.

    Raises:
        DataError: The file is missing, empty, or not a video or sound.
    """
    require_file(path)
    with ExitStack() as stack:
        with decoding_errors(path):
            file = stack.enter_context(open(path, 'rb'))
            container = stack.enter_context(_open(path, file.fileno()))
        yield container


def _open(path: str, descriptor: int) -> av.container.InputContainer:
    options = {
        'fd': str(descriptor),
        'protocol_whitelist': 'fd',
        'format_whitelist': ','.join(_DEMUXERS),
    }
    limits = {'max_pixels': str(MOST_PIXELS)}
    try:
        container = av.open(
            'fd:',
            options=limits,
            container_options=options,
            metadata_errors='replace',
            timeout=_DEADLINE,
        )
    except av.error.ArgumentError:
        raise DataError(
            f'{path} is a playlist or another kind of file that is not opened: give the video or '
            'sound itself'
        ) from None
    for track in container.streams.video:
        if track.codec_context is not None:
            track.codec_context.options = limits
    return container


def find_track(
    container: av.container.InputContainer, kind: str
) -> av.VideoStream | av.AudioStream | None:
    """The track that players select: the default one, else the first.

    Cover art and thumbnails are not video tracks.

    Args:
        container (InputContainer): An open file.
        kind (str): 'video' or 'audio'.

    Returns:
        VideoStream | AudioStream | None: None if there is no track that FFmpeg can decode.
    """
    tracks = [
        track
        for track in getattr(container.streams, kind)
        if track.codec_context is not None and not track.disposition & _NOT_SHOWN
    ]
    default = [track for track in tracks if track.disposition & Disposition.default]
    return next(iter(default + tracks), None)


def time_base(track: av.stream.Stream) -> Fraction:
    """The unit of a track's time stamps in seconds."""
    assert track.time_base is not None  # FFmpeg sets it for each track that it reads
    return track.time_base


def start_time(container: av.container.InputContainer) -> Fraction:
    """The time stamp in seconds at which the file's clock starts, for both picture and sound.

    It is that of the earliest track, so a track that starts late is delayed. Encoder priming
    before the start (negative stamps), and sound that precedes the picture by less than 0.2 s,
    are not counted.
    """
    starts = [
        track.start_time * time_base(track)
        for track in (find_track(container, kind) for kind in ('video', 'audio'))
        if track is not None and track.start_time is not None
    ]
    if not starts:
        return Fraction(0)
    first = min([start for start in starts if start >= 0] or starts)
    return starts[0] if 0 <= starts[0] - first < _RUN_UP else first
