"""Reading sound from audio files and videos, as mono float32, completely or in part."""

from collections.abc import Callable

import numpy as np
import soxr

from mmavl.errors import DataError

from .container import require_file
from .media_file import MediaFile
from .sound_file import open_sound_file
from .sound_stream import JITTER, RUN_UP, SoundStream, check_rate, check_samples

#: Seconds by which media may be shorter than stated in the manifest.
TOLERANCE = 0.5
#: Maximum seconds of sound that are read completely by default.
LONGEST = 600.0
#: Maximum samples to read at once: 512 MB as float32, 46 minutes at 48 kHz.
MOST_SAMPLES = 2**27

#: Chooses the start: (seconds in the file, seconds wanted) -> first second.
StartRule = Callable[[float, float], float]


def read_audio(
    source: str | MediaFile,
    sample_rate: int | None = None,
    seconds: float | None = None,
    start: StartRule = lambda length, wanted: 0.0,
    expected: float = 0.0,
) -> tuple[np.ndarray, int]:
    """Read sound as mono float32, from any container, rate, channels and sample format.

    Only the requested part is decoded. Channels are averaged. Times are those of the file, see
    :class:`SoundStream`: a track that starts late is silent until then.

    Args:
        source (str | MediaFile): A sound file, or a video with a sound track; may be open already.
        sample_rate (int, optional): Resample to this rate in Hz. Defaults to the file's rate.
        seconds (float, optional): Read at most this much; ``inf`` for all of a long file.
            Defaults to the whole file, of up to ten minutes.
        start (StartRule): Where to start in a longer file. Defaults to its beginning.
        expected (float): The length in seconds by the manifest. Defaults to 0, unknown.

    Returns:
        tuple[np.ndarray, int]: The waveform, float32 [L], nominally in [-1, 1], and its rate.

    Raises:
        DataError: The file is missing, empty, shorter than ``expected``, undecodable, without
            sound, has invalid samples, or is longer than ten minutes and no part was
            requested.
    """
    if isinstance(source, MediaFile):
        path, read = source.path, None
    else:
        path = source
        require_file(path)
        read = _read_sound_file(path, seconds, start)
    length, wave, rate = read or _read_track(source, seconds, start)
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
    """Seconds in the file, the requested part and its rate; None if not readable by libsndfile."""
    file = open_sound_file(path)
    if file is None:
        return None
    with file:
        check_rate(path, file.rate)
        length = file.samples / file.rate
        first, wanted = _span(length, seconds, start)
        if min(wanted, length) > _most_seconds(seconds, file.rate):
            return None  # perhaps the header is wrong
        first = round(first * file.rate)
        count = min(round(wanted * file.rate), file.samples) if wanted < length else file.samples
        wave = file.read(first, count, round(RUN_UP * file.rate))
        return None if wave is None else (length, wave, file.rate)


def _read_track(
    source: str | MediaFile, seconds: float | None, start: StartRule
) -> tuple[float, np.ndarray, int]:
    """Like :func:`_read_sound_file`, for any file that FFmpeg reads."""
    whole = seconds is None or seconds == float('inf')
    with SoundStream(source) as sound:
        length = float('inf') if whole else sound.length()
        first, wanted = (0.0, length) if whole else _span(length, seconds, start)
        have, segments = _segments(sound, seconds, first, wanted, seek=True)
        if first > 0 and have < wanted - JITTER:  # the seek landed in a wrong recording
            have, segments = _segments(sound, seconds, first, wanted, seek=False)
    if not segments:
        raise DataError(f'{sound.path} holds no sound: it has a header and no samples')
    rate = segments[0][0]
    waves = [np.frombuffer(samples, np.float32) for _, samples in segments]
    waves[1:] = [soxr.resample(w, given, rate) for w, (given, _) in zip(waves[1:], segments[1:])]
    wave = waves[0] if len(waves) == 1 else np.concatenate(waves)
    return (have, wave, rate) if whole else (length, wave[: round(wanted * rate)], rate)


def _segments(
    sound: SoundStream, seconds: float | None, first: float, wanted: float, seek: bool
) -> tuple[float, list[tuple[int, bytearray]]]:
    """Seconds read and the samples; recordings of several rates may be joined."""
    segments: list[tuple[int, bytearray]] = []
    have = 0.0
    for rate, piece in sound.pieces(first, seek):
        if not segments or segments[-1][0] != rate:
            segments.append((rate, bytearray()))
        segments[-1][1].extend(piece.tobytes())
        have += len(piece) / rate
        _check_size(sound.path, have, seconds, rate)
        if have >= wanted:
            break
    return have, segments


def _span(length: float, seconds: float | None, start: StartRule) -> tuple[float, float]:
    """First second and number of seconds to read from a file of ``length`` seconds."""
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
