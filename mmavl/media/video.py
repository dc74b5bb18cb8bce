"""The pictures of a video at increasing times, with bounded memory."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType

from mmavl.errors import DataError

from .container import decoding_errors
from .track import Track

#: Tolerance in seconds after the end of a video for its last frame, since durations are
#: rounded.
END_SLACK = 0.1
# Time stamps may be rounded to milliseconds.
_ROUNDING = 1e-3
_LEAST_RATE, _MOST_RATE, _USUAL_RATE = Fraction(1, 10), Fraction(240), Fraction(25)
# Aspect ratios of pixels closer to 1 than this are ignored, extreme ones are header errors.
_STRETCHED = (1.01, 8.0)


class PictureStream(Track[av.VideoFrame]):
    """The frames of a video, upright and with square pixels, at any frame rate.

    Args:
        source (str | MediaFile): A video file, or an open one.

    Attributes:
        end (float): End of the last decoded frame in seconds.
    """

    kind = 'video'
    track: av.VideoStream
    advice = 'picture track: give a picture and the sound file as a pair'

    end = 0.0

    def frames(self, start: float = 0.0) -> Iterator[tuple[float, av.VideoFrame]]:
        """All frames from the one shown at a given second, with their times in seconds.

        Args:
            start (float): Defaults to 0.

        Raises:
            DataError: There are no frames.
        """
        none = True
        for time, frame in self.decoded(start):
            none = False
            self.end = time + self.duration(frame)
            yield time, frame
        if none:
            raise DataError(f'{self.path} holds no picture: it has a header and no frames')

    def at(
        self, times: Iterable[float], slack: float = 0.0, size: int | None = None
    ) -> Iterator[tuple[float, np.ndarray]]:
        """The frames shown at increasing times, until the video or the times end.

        Times before the first frame give the first; the first time always gives a frame.

        Args:
            times (Iterable[float]): Seconds.
            slack (float): Seconds after the end that still give the last frame. Defaults to 0.
            size (int, optional): Scale larger frames down to this shorter side, in pixels.

        Yields:
            tuple[float, np.ndarray]: The requested time, and RGB uint8 [H, W, 3].
        """
        times = iter(times)
        wanted, shown, given = next(times, None), None, False
        for time, frame in self.frames(wanted or 0.0):
            while shown is not None and wanted is not None and wanted < time - _ROUNDING:
                yield wanted, self.picture(shown, size)
                wanted, given = next(times, None), True
            if wanted is None:
                return
            shown = frame
        while (
            wanted is not None
            and shown is not None
            and (wanted < self.end + slack - _ROUNDING or not given)
        ):
            yield wanted, self.picture(shown, size)
            wanted, given = next(times, None), True

    def picture(self, frame: av.VideoFrame, size: int | None = None) -> np.ndarray:
        """A decoded frame, upright by its display matrix and with square pixels.

        Args:
            frame (av.VideoFrame): A frame of this track.
            size (int, optional): Scale it down to this shorter side, in pixels, if it is larger.

        Returns:
            np.ndarray: RGB uint8 [H, W, 3].
        """
        ratio = float(self.track.sample_aspect_ratio or 1)
        if not _STRETCHED[0] <= max(ratio, 1 / ratio) <= _STRETCHED[1]:
            ratio = 1.0
        width, height = frame.width * max(ratio, 1.0), frame.height / min(ratio, 1.0)
        scale = min(1.0, size / min(width, height)) if size else 1.0
        with decoding_errors(self.path):
            pixels = frame.to_ndarray(
                format='rgb24',
                width=max(round(width * scale), 1),
                height=max(round(height * scale), 1),
                interpolation='AREA' if size else 'BILINEAR',
            )
            return np.ascontiguousarray(_upright(pixels, frame))

    def is_entry(self, frame: av.VideoFrame) -> bool:
        """Whether a frame can be decoded without earlier ones: a key frame."""
        return frame.key_frame

    def duration(self, frame: av.VideoFrame) -> float:
        """Duration of a frame in seconds."""
        return float((frame.duration or 0) * (frame.time_base or 0)) or self.packet_seconds

    @property
    def packet_seconds(self) -> float:
        """Average duration of a frame."""
        return float(1 / self.rate)

    @property
    def rate(self) -> Fraction:
        """Average frame rate; 25 if the header gives no plausible one."""
        rate = self.track.average_rate or self.track.guessed_rate
        return rate if rate and _LEAST_RATE <= rate <= _MOST_RATE else _USUAL_RATE


def read_video_frame(path: str, time: float) -> np.ndarray:
    """Read the frame that a video shows at a time, see :class:`PictureStream`.

    Args:
        path (str): A video file.
        time (float): Seconds from the start of the video.

    Returns:
        np.ndarray: RGB uint8 [H, W, 3].

    Raises:
        DataError: The file is missing, unreadable, without pictures, or ends before ``time``.
    """
    with PictureStream(path) as pictures:
        _, image = next(pictures.at([time]))
        if time > pictures.end + END_SLACK:
            raise DataError(
                f'{path} has no frame at {time:.2f} s: it is truncated, or the duration or fps '
                'in the manifest is wrong'
            )
        return image


def _upright(pixels: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """Apply a frame's display matrix (right-angle rotations and mirroring) to its pixels.

    The matrix maps a point (x, y) of the frame to (a x + c y, b x + d y) on the display.
    """
    # PyAV's stub says that the keys are names
    matrices = cast(Mapping[SideDataType, SideData], frame.side_data)
    matrix = matrices.get(SideDataType.DISPLAYMATRIX)
    if matrix is None:
        return pixels
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    if abs(a) + abs(d) < abs(b) + abs(c):
        pixels, a, d = pixels.transpose(1, 0, 2), c, b
    return pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
