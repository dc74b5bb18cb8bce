"""Sound of audio files and of videos' tracks, as mono float32, whole, in part or in windows."""

from collections.abc import Callable, Iterator

import av
import numpy as np
import soxr

from mmavl.errors import DataError

from .container import decoding_errors, require_file
from .sound_file import open_sound_file
from .track import Track

#: Seconds by which media may be shorter than its manifest says.
TOLERANCE = 0.5
#: Sample up to which float sound counts as scaled; a loud master or a sum of sounds exceeds 1.
LOUDEST = 10.0
#: Seconds of sound that are read whole without being asked to.
LONGEST = 600.0
#: Samples that are ever read at once: 512 MB as float32, 46 minutes at 48 kHz.
MOST_SAMPLES = 2**27
#: Sample rates that sound can have, in Hz.
RATES = (1000, 1_000_000)

# Seconds to decode before the part that is wanted: after a seek a decoder of MP3 is silent until
# it has what its frames refer to.
_PREROLL = 1.0
# Seconds that time stamps may be off before silence is put in or sound left out.
_JITTER = 0.05
# Seconds by which a duration may be rounded.
_ROUNDING = 2e-3

#: Chooses where to start: (seconds in the file, seconds wanted) -> first second.
StartRule = Callable[[float, float], float]


class SoundStream(Track):
    """A file's sound, mono and without gaps: what has no sound between time stamps is silence.

    Args:
        path (str): A sound file, or a video with a sound track.
        sample_rate (int): Of windows, in Hz. Defaults to 16000.
        seconds (float): Length of a window of :meth:`around`. Defaults to 5.
        start (float): The first time that will be asked for. Defaults to 0.
    """

    kind = 'audio'
    advice = 'sound track: give a picture and a sound file as a pair, or a video with sound'

    def __init__(
        self,
        path: str,
        sample_rate: int = 16000,
        seconds: float = 5.0,
        start: float = 0.0,
    ) -> None:
        super().__init__(path)
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
        """The window whose centre is nearest to a time, inside the sound.

        Args:
            time (float): Seconds, not less than in the call before.

        Returns:
            tuple[float, np.ndarray]: The window's first second, and float32 [L], L below
            ``seconds * sample_rate`` only where there is no more sound.

        Raises:
            DataError: There is no sound at all, or samples are not finite or far beyond [-1, 1].
        """
        length = self.window_samples
        first = max(round(time * self.sample_rate) - length // 2, self._begin)
        self._fill(first + length)
        if not len(self._buffer) and self._begin:  # the sound ends before: its last window
            end = self.length_of(self.path)
            self._begin_at(max(end - length / self.sample_rate, 0.0))
            self._fill(self._begin + length)
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
        """The sound from a second on at ``sample_rate``, float32 pieces of any length."""
        resampler, rate = None, None
        for piece_rate, piece in self.pieces(start):
            if piece_rate != rate:
                if resampler is not None:
                    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
                rate = piece_rate
                resampler = soxr.ResampleStream(rate, self.sample_rate, 1)
            yield piece if rate == self.sample_rate else resampler.resample_chunk(piece)
        if resampler is not None and rate != self.sample_rate:
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def pieces(self, start: float = 0.0, seek: bool = True) -> Iterator[tuple[int, np.ndarray]]:
        """The sound from a second on, each piece with the rate in Hz that it has itself.

        Args:
            start (float): Seconds. Defaults to 0.
            seek (bool): Whether to leave out what can be before. Defaults to True.

        Raises:
            DataError: A rate is not one that sound can have, or too much cannot be decoded.
        """
        have, first = start, True
        for time, frame in self.decoded(max(start - _PREROLL, 0.0), seek):
            rate = frame.sample_rate
            _check_rate(self.path, rate)
            with decoding_errors(self.path):
                piece = _mono(frame)
            if time - have > (0.0 if first else _JITTER):
                yield from ((rate, gap) for gap in _silence(round((time - have) * rate), rate))
                have = time
            elif first or have - time > _JITTER:
                skip = min(max(round((have - time) * rate), 0), len(piece))
                piece, time = piece[skip:], time + skip / rate
            if len(piece):
                have, first = max(have, time) + len(piece) / rate, False
                yield rate, piece

    def _open(self) -> None:
        super()._open()
        self._rate = self.track.rate

    def is_timed(self, frame: av.AudioFrame) -> bool:
        """Whether a frame's stamp is a time, and not counted in the rate that the sound had first.

        FFmpeg counts where not each frame has a stamp of its own in the file.
        """
        declared = float((frame.duration or 0) * (frame.time_base or 0))
        lasts = self.duration(frame)
        counted = declared and abs(lasts - declared) > max(0.1 * lasts, _ROUNDING)
        return not counted or frame.sample_rate == self._rate

    def duration(self, frame: av.AudioFrame) -> float:
        """How long a frame lasts, in seconds."""
        return frame.samples / max(frame.sample_rate, 1)


def read_audio(
    path: str,
    sample_rate: int | None = None,
    seconds: float | None = None,
    start: StartRule = lambda length, wanted: 0.0,
    expected: float = 0.0,
) -> tuple[np.ndarray, int]:
    """Read sound as mono float32, whatever its container, rate, channels and sample format.

    Only the part asked for is decoded. Channels are averaged. Time is the file's, see
    :class:`SoundStream`: a track that begins late is silent until then.

    Args:
        path (str): A sound file, or a video with a sound track.
        sample_rate (int, optional): Resample to this rate in Hz. Defaults to the file's own.
        seconds (float, optional): Read at most this much, ``inf`` for all of a long file.
            Defaults to the whole of a file of up to ten minutes.
        start (StartRule): Where to read from in a longer file. Defaults to its beginning.
        expected (float): The seconds that the manifest promises. Defaults to 0, unknown.

    Returns:
        tuple[np.ndarray, int]: The waveform, float32 [L], nominally in [-1, 1], and its rate.

    Raises:
        DataError: The file is missing, empty, shorter than ``expected``, undecodable, without
            sound, holds values that are not samples, or is longer than ten minutes and asked for
            whole.
    """
    require_file(path)
    read = _read_sound_file(path, seconds, start) or _read_track(path, seconds, start)
    length, wave, rate = read
    if length < expected - TOLERANCE:
        raise DataError(
            f'{path} is truncated: {length:.2f} s of the {expected:.2f} s in the manifest; fetch '
            'it again or correct the duration'
        )
    check_samples(path, wave)
    if sample_rate and rate != sample_rate:
        wave, rate = soxr.resample(wave, rate, sample_rate), sample_rate
    return np.ascontiguousarray(wave, dtype=np.float32), rate


def _read_sound_file(
    path: str, seconds: float | None, start: StartRule
) -> tuple[float, np.ndarray, int] | None:
    """Seconds in the file, what is wanted of them and its rate; None: not a file for this."""
    file = open_sound_file(path)
    if file is None:
        return None
    with file:
        _check_rate(path, file.rate)
        length = file.samples / file.rate
        first, wanted = _span(length, seconds, start)
        if min(wanted, length) > _most_seconds(seconds, file.rate):
            return None  # perhaps the header is wrong
        first = round(first * file.rate)
        count = min(round(wanted * file.rate), file.samples) if wanted < length else file.samples
        wave = file.read(first, count, round(_PREROLL * file.rate))
        return None if wave is None else (length, wave, file.rate)


def _read_track(
    path: str, seconds: float | None, start: StartRule
) -> tuple[float, np.ndarray, int]:
    """As :func:`_read_sound_file`, of any file that FFmpeg reads."""
    whole = seconds is None or seconds == float('inf')
    length = float('inf') if whole else SoundStream.length_of(path)
    first, wanted = (0.0, length) if whole else _span(length, seconds, start)
    have, segments = _segments(path, seconds, first, wanted, seek=True)
    if first > 0 and have < wanted - _JITTER:  # the seek led into a wrong recording
        have, segments = _segments(path, seconds, first, wanted, seek=False)
    if not segments:
        raise DataError(f'{path} holds no sound: it has a header and no samples')
    rate = segments[0][0]
    waves = [np.frombuffer(samples, np.float32) for _, samples in segments]
    waves[1:] = [soxr.resample(w, own, rate) for w, (own, _) in zip(waves[1:], segments[1:])]
    wave = waves[0] if len(waves) == 1 else np.concatenate(waves)
    return (have, wave, rate) if whole else (length, wave[: round(wanted * rate)], rate)


def _segments(
    path: str, seconds: float | None, first: float, wanted: float, seek: bool
) -> tuple[float, list[tuple[int, bytearray]]]:
    """Seconds read and the samples; recordings of several rates may be joined."""
    segments: list[tuple[int, bytearray]] = []
    have = 0.0
    with SoundStream(path) as sound:
        for rate, piece in sound.pieces(first, seek):
            if not segments or segments[-1][0] != rate:
                segments.append((rate, bytearray()))
            segments[-1][1].extend(piece.tobytes())
            have += len(piece) / rate
            _check_size(path, have, seconds, rate)
            if have >= wanted:
                break
    return have, segments


def _span(length: float, seconds: float | None, start: StartRule) -> tuple[float, float]:
    """First second and number of seconds to read of a file of ``length`` seconds."""
    if seconds is None or length <= seconds:
        return 0.0, length
    return min(max(start(length, seconds), 0.0), length - seconds), seconds


def _check_size(path: str, have: float, seconds: float | None, rate: int) -> None:
    if have > _most_seconds(seconds, rate):
        raise DataError(
            f'{path} has {have:.0f} s of sound or more, which is not read whole: set '
            'LoadAudio(seconds=...) to read a part, or cut the file'
        )


def _most_seconds(seconds: float | None, rate: int) -> float:
    return LONGEST if seconds is None else MOST_SAMPLES / rate


def _check_rate(path: str, rate: int) -> None:
    if not RATES[0] <= rate <= RATES[1]:
        raise DataError(
            f'{path} has a sample rate of {rate} Hz, and sound has {RATES[0]} to {RATES[1]} Hz: '
            'convert it again'
        )


def check_samples(name: str, wave: np.ndarray) -> None:
    """Check that samples are finite, and scaled as sound is.

    Args:
        name (str): What the error calls the sound, usually its path.
        wave (np.ndarray): float [L].

    Raises:
        DataError: A sample is nan or inf, or far beyond [-1, 1].
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
    samples = frame.to_ndarray()
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
