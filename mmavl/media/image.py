"""Reading pictures: image files (Pillow) and frames of videos (PyAV), as uint8 RGB arrays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from PIL import ExifTags, Image, ImageOps

from mmavl.errors import DataError


def require_file(path: str) -> None:
    """Raise unless ``path`` is a file that holds something.

    Raises:
        DataError: The file is missing or has no bytes.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError(f'{path} is missing: check data_root and the path in the manifest')
    if file.stat().st_size == 0:
        raise DataError(f'{path} is an empty file: fetch or convert it again')


@contextmanager
def open_container(path: str) -> Iterator[av.container.InputContainer]:
    """Open a video (or audio) container; FFmpeg's errors inside the block become DataErrors.

    Yields:
        av.container.InputContainer: The open container.

    Raises:
        DataError: FFmpeg cannot open or decode the file.
    """
    try:
        with av.open(path) as container:
            yield container
    except av.FFmpegError as error:
        raise DataError(
            f'{path} cannot be decoded ({error.strerror}): it is truncated, damaged or not the '
            'kind of file its name says; fetch or convert it again'
        ) from error


def read_image(path: str) -> np.ndarray:
    """Read an image file, upright as its EXIF orientation says.

    Args:
        path (str): Any format that Pillow reads.

    Returns:
        np.ndarray: uint8 RGB [H, W, 3].

    Raises:
        DataError: The file is missing, empty, truncated, no image, or absurdly large.
    """
    require_file(path)
    try:
        with Image.open(path) as image:
            return np.array(ImageOps.exif_transpose(image).convert('RGB'))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f'{path} cannot be read as an image ({error}): it is truncated, damaged, too large '
            'or not the kind of file its name says; fetch or convert it again'
        ) from error


def read_image_size(path: str) -> tuple[int, int]:
    """Width and height of an image file, upright as its EXIF orientation says; decodes nothing.

    Raises:
        DataError: The file is missing, empty or no image.
    """
    require_file(path)
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
            return image.size[::-1] if turned else image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f'{path} cannot be read as an image ({error}): fetch or convert it again'
        ) from error


def read_video_frame(path: str, time: float) -> np.ndarray:
    """Read the frame that a video shows at a time, upright as its rotation metadata says.

    Args:
        path (str): A video file.
        time (float): Seconds from the start of the video.

    Returns:
        np.ndarray: uint8 RGB [H, W, 3].

    Raises:
        DataError: The file is missing, unreadable, without a picture, or ends before ``time``.
    """
    require_file(path)
    with open_container(path) as container:
        if not container.streams.video:
            raise DataError(f'{path} has no video stream to take a frame from')
        stream = container.streams.video[0]
        frame = _frame_at(container, stream, time)
        if frame is None:
            raise DataError(
                f'{path} has no frame at {time:.2f} s: it is truncated, or the duration or fps '
                'in the manifest is wrong'
            )
        return upright(frame)


def upright(frame: av.VideoFrame) -> np.ndarray:
    """A decoded frame as its rotation metadata says, RGB uint8 [H, W, 3]."""
    picture = frame.to_ndarray(format='rgb24')
    return np.ascontiguousarray(np.rot90(picture, k=round(frame.rotation / 90)))


def _frame_at(
    container: av.container.InputContainer, stream: av.VideoStream, time: float
) -> av.VideoFrame | None:
    """The last frame that starts at ``time`` or before, None if the video is over by then."""
    origin = (stream.start_time or 0) * stream.time_base
    if time > 0:
        container.seek(int((time + origin) / stream.time_base), stream=stream)
    length = 1 / (stream.average_rate or 25)
    shown = None
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        start = float(frame.pts * stream.time_base - origin)
        if shown is not None and start > time + 1e-6:
            return shown
        shown, end = frame, start + float(length)
    # A manifest's duration is rounded, and its last frame may lie on the video's very end.
    return shown if shown is not None and time <= end + 0.1 else None
