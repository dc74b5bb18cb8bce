"""A sound track as a stream: mono float32 pieces and windows at the file's times."""

from collections.abc import Iterator

import av
import numpy as np
import soxr

from mmavl.errors import DataError

from .container import decoding_errors
from .media_file import MediaFile
from .track import Track

#: Peak up to which float sound counts as scaled; loud masters and sums of sounds exceed 1.
LOUDEST = 10.0
#: Valid range of sample rates in Hz.
RATES = (1000, 1_000_000)
#: Seconds to decode before the requested part: after a seek, an MP3 decoder is silent until it
#: has the data that its frames refer to.
RUN_UP = 1.0

#: Tolerance of time stamps in seconds, before silence is inserted or sound dropped.
JITTER = 0.05
# Rounding tolerance of durations in seconds.
_ROUNDING = 2e-3


class SoundStream(Track[av.AudioFrame]):
    """A file's sound, mono and without gaps: gaps between time stamps are filled with silence.

    Args:
        source (str | MediaFile): A sound file, or a video with a sound track.
        sample_rate (int): Sample rate of windows in Hz. Defaults to 16000.
        seconds (float): Length of a window of :meth:`around`. Defaults to 5.
        start (float): The first time that will be requested. Defaults to 0.
    """

    kind = 'audio'
    track: av.AudioStream
    advice = 'sound track: give a picture and a sound file as a pair, or a video with sound'

    def __init__(
        self,
        source: str | MediaFile,
        sample_rate: int = 16000,
        seconds: float = 5.0,
        start: float = 0.0,
    ) -> None:
        super().__init__(source)
        self.sample_rate = sample_rate
        self.window_samples = round(seconds * sample_rate)
        self.start = max(start - seconds, 0.0)

    def __enter__(self) -> 'SoundStream':
        super().__enter__()
        self._begin_at(self.start)
        return self

    def _begin_at(self, start: float) -> None:
        self._resampled = self.resampled(start)
        self._buffer = np.zeros(0, np.float32)
        self._begin = round(start * self.sample_rate)  # of the buffer, in samples
        self._over = False

    def around(self, time: float) -> tuple[float, np.ndarray]:
        """The window inside the sound whose centre is nearest to a time.

        Args:
            time (float): Seconds, not less than in the previous call.

        Returns:
            tuple[float, np.ndarray]: The window's first second, and float32 [L], where L is less
            than ``seconds * sample_rate`` only if there is no more sound.

        Raises:
            DataError: There is no sound, or samples are not finite or far outside [-1, 1].
        """
        length = self.window_samples
        first = max(round(time * self.sample_rate) - length // 2, self._begin)
        self._fill(first + length)
        if self._over and len(self._buffer) < length and self._begin:
            self._step_back()
            self._fill(first + length)
        if not len(self._buffer):
            raise DataError(f'{self.path} holds no sound: it has a header and no samples')
        end = self._begin + len(self._buffer)
        if self._over:
            first = max(min(first, end - length), self._begin)
        window = self._buffer[first - self._begin : first - self._begin + length]
        check_samples(self.path, window)
        # a window near the end, yet unknown, may begin earlier than this one
        keep = max(min(first, end - length), self._begin)
        self._buffer, self._begin = self._buffer[keep - self._begin :].copy(), keep
        return first / self.sample_rate, window

    def _step_back(self) -> None:
        """Use the last window of the sound if it ends before the requested one."""
        last = self.length() - self.window_samples / self.sample_rate
        if last < self._begin / self.sample_rate - JITTER:
            self._begin_at(max(last, 0.0))

    def _fill(self, end: int) -> None:
        pieces, have = [self._buffer], self._begin + len(self._buffer)
        while have < end and not self._over:
            piece = next(self._resampled, None)
            if piece is None:
                self._over = True
                break
            pieces.append(piece)
            have += len(piece)
        self._buffer = np.concatenate(pieces)

    def resampled(self, start: float = 0.0) -> Iterator[np.ndarray]:
        """The sound from a given second at ``sample_rate``, as float32 pieces of any length."""
        resampler, rate = None, None
        for piece_rate, piece in self.pieces(start):
            if resampler is None or piece_rate != rate:
                if resampler is not None:
                    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
                rate = piece_rate
                resampler = soxr.ResampleStream(rate, self.sample_rate, 1)
            yield piece if rate == self.sample_rate else resampler.resample_chunk(piece)
        if resampler is not None and rate != self.sample_rate:
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def pieces(self, start: float = 0.0, seek: bool = True) -> Iterator[tuple[int, np.ndarray]]:
        """The sound from a given second, as pieces with their own sample rates in Hz.

        Args:
            start (float): Seconds. Defaults to 0.
            seek (bool): Whether to skip earlier parts if possible. Defaults to True.

        Raises:
            DataError: A sample rate is invalid, or too much cannot be decoded.
        """
        have, first = start, True
        for time, frame in self.decoded(max(start - RUN_UP, 0.0), seek):
            rate = frame.sample_rate
            check_rate(self.path, rate)
            with decoding_errors(self.path):
                piece = _mono(frame)
            if time - have > (0.0 if first else JITTER):
                yield from ((rate, gap) for gap in _silence(round((time - have) * rate), rate))
                have = time
            elif first or have - time > JITTER:
                skip = min(max(round((have - time) * rate), 0), len(piece))
                piece, time = piece[skip:], time + skip / rate
            if len(piece):
                have, first = max(have, time) + len(piece) / rate, False
                yield rate, piece

    def is_timed(self, frame: av.AudioFrame) -> bool:
        """Whether a frame's stamp is a time, and not derived from the initial sample rate.

        FFmpeg derives stamps if the file does not have one for each frame.
        """
        declared = float((frame.duration or 0) * (frame.time_base or 0))
        lasts = self.duration(frame)
        counted = declared and abs(lasts - declared) > max(0.1 * lasts, _ROUNDING)
        return not counted or frame.sample_rate == self.file.sound_rate

    def duration(self, frame: av.AudioFrame) -> float:
        """Duration of a frame in seconds."""
        return frame.samples / max(frame.sample_rate, 1)


def check_rate(path: str, rate: int) -> None:
    """Check that a sample rate in Hz is valid for sound.

    Raises:
        DataError: It is not.
    """
    if not RATES[0] <= rate <= RATES[1]:
        raise DataError(
            f'{path} has a sample rate of {rate} Hz, and sound has {RATES[0]} to {RATES[1]} Hz: '
            'convert it again'
        )


def check_samples(name: str, wave: np.ndarray) -> None:
    """Check that samples are finite and have the scale of sound.

    Args:
        name (str): Name of the sound for the error, usually its path.
        wave (np.ndarray): float [L].

    Raises:
        DataError: A sample is nan or inf, or far outside [-1, 1].
    """
    peak = max(wave.max(initial=0), -wave.min(initial=0))
    if not np.isfinite(peak):
        raise DataError(f'{name} holds samples that are nan or inf: convert it again')
    if peak > LOUDEST:
        raise DataError(
            f'{name} holds float samples up to {peak:.4g} where [-1, 1] is full scale: convert '
            'it again, scaled'
        )


def _mono(frame: av.AudioFrame) -> np.ndarray:
    """The mean of a frame's channels, float32 [n], full scale 1, of any sample format."""
    samples: np.ndarray = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype == np.uint8:
        samples = (samples.astype(np.float32) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        samples = samples / -np.float32(np.iinfo(samples.dtype).min)
    return samples.mean(axis=0, dtype=np.float32)


def _silence(samples: int, rate: int) -> Iterator[np.ndarray]:
    for first in range(0, samples, rate):
        yield np.zeros(min(rate, samples - first), np.float32)
