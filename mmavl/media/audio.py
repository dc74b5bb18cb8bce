"""Reading sound: audio files (libsndfile) and videos' audio tracks (PyAV), as mono float32."""

import re
from collections.abc import Callable

import av
import numpy as np
import soundfile
import soxr

from mmavl.errors import DataError

from .image import open_container, require_file

#: Seconds by which media may be shorter than its manifest or header says.
TOLERANCE = 0.5

#: Sample up to which float sound counts as scaled; a loud master or a sum of sounds exceeds 1.
LOUDEST = 10.0

#: Seconds of sound that are read whole without being asked to.
LONGEST = 600.0

# Seconds to decode before a part begins: a decoder's first frames after a seek (mp3, AAC) are
# not yet right.
_PREROLL = 0.2

#: Chooses where to start: (seconds in the file, seconds wanted) -> first second.
StartRule = Callable[[float, float], float]


def read_audio(
    path: str,
    sample_rate: int | None = None,
    seconds: float | None = None,
    start: StartRule = lambda length, wanted: 0.0,
    expected: float = 0.0,
) -> tuple[np.ndarray, int]:
    """Read sound as mono float32, whatever its container, rate, channels and sample format.

    Only the part asked for is decoded. Channels are averaged.

    Args:
        path (str): A wav, flac, ogg or mp3 file, or a video with an audio track.
        sample_rate (int, optional): Resample to this rate in Hz. Defaults to the file's own.
        seconds (float, optional): Read at most this much. Defaults to the whole file.
        start (StartRule): Where to read from in a longer file. Defaults to its beginning.
        expected (float): The seconds that the manifest promises. Defaults to 0, unknown.

    Returns:
        tuple[np.ndarray, int]: The waveform, float32 [L], nominally in [-1, 1], and its rate.

    Raises:
        DataError: The file is missing, empty, truncated, undecodable, without sound, holds
            values that are not samples, or is longer than ten minutes and asked for whole.
    """
    require_file(path)
    try:
        wave, rate = _read_soundfile(path, seconds, start, expected)
    except soundfile.LibsndfileError:
        wave, rate = _read_container(path, seconds, start, expected)
    check_samples(path, wave)
    if sample_rate and rate != sample_rate:
        wave, rate = soxr.resample(wave, rate, sample_rate), sample_rate
    return np.ascontiguousarray(wave, dtype=np.float32), rate


def _read_soundfile(
    path: str, seconds: float | None, start: StartRule, expected: float
) -> tuple[np.ndarray, int]:
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        first, count = _span(path, file.frames / rate, seconds, start, expected)
        begin = round(first * rate)
        skip = min(begin, round(_PREROLL * rate))
        file.seek(begin - skip)
        wave = file.read(skip + round(count * rate), dtype='float32', always_2d=True)
    wave = wave[skip:].mean(axis=1)
    _check_length(path, len(wave) / rate, count)
    return wave, rate


def _read_container(
    path: str, seconds: float | None, start: StartRule, expected: float
) -> tuple[np.ndarray, int]:
    with open_container(path) as container:
        if not container.streams.audio:
            raise DataError(f'{path} has no audio track: leave the clip out of the manifest')
        stream = container.streams.audio[0]
        length = track_seconds(container, stream)
        first, count = _span(path, length, seconds, start, expected)
        wave, rate = _decode(container, stream, first, count)
    _check_length(path, len(wave) / rate, count)
    return wave, rate


def track_seconds(container: av.container.InputContainer, stream: av.stream.Stream) -> float:
    """How long a track is by its header, else by its container's; 0 where neither says.

    Matroska keeps a track's length as a tag, and the container's is that of its longest track.
    """
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    whole = (container.duration or 0) / av.time_base
    tagged = re.match(r'(\d+):(\d\d):(\d\d(?:\.\d+)?)', stream.metadata.get('DURATION', ''))
    if tagged is None:
        return whole
    hours, minutes, seconds = (float(part) for part in tagged.groups())
    length = hours * 3600 + minutes * 60 + seconds
    return min(length, whole) if whole else length


def _decode(
    container: av.container.InputContainer, stream: av.AudioStream, first: float, count: float
) -> tuple[np.ndarray, int]:
    """Decode ``count`` seconds from second ``first`` on: float32 [L] and the rate."""
    to_float = av.AudioResampler(format='fltp')
    origin = float((stream.start_time or 0) * stream.time_base)
    if first:
        container.seek(int((first - _PREROLL + origin) / stream.time_base), stream=stream)
    pieces, begin, end, rate = [], None, 0.0, stream.rate
    for frame in container.decode(stream):
        rate = frame.sample_rate
        if begin is None:
            begin = end = float((frame.pts or 0) * stream.time_base) - origin
        pieces += [piece.to_ndarray().mean(axis=0) for piece in to_float.resample(frame)]
        end += frame.samples / rate
        if end >= first + count:
            break
    skip = max(round((first - (begin or 0.0)) * rate), 0)
    wave = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return wave[skip : skip + round(count * rate)], rate


def _span(
    path: str, length: float, seconds: float | None, start: StartRule, expected: float
) -> tuple[float, float]:
    """First second and number of seconds to read of a file of ``length`` seconds."""
    if length <= 0:
        raise DataError(f'{path} holds no sound: it has a header and no samples')
    if length < expected - TOLERANCE:
        raise DataError(
            f'{path} is truncated: {length:.2f} s of the {expected:.2f} s in the manifest; fetch '
            'it again or correct the duration'
        )
    if seconds is not None and length > seconds:
        return min(max(start(length, seconds), 0.0), length - seconds), seconds
    if seconds is None and length > LONGEST:
        raise DataError(
            f'{path} is {length:.0f} s long, which is not read whole: set LoadAudio(seconds=...) '
            'to read a part, or cut the file'
        )
    return 0.0, length


def _check_length(path: str, got: float, promised: float) -> None:
    if got <= 0 or got < promised - TOLERANCE:
        raise DataError(
            f'{path} is truncated: it ends after {got:.2f} s of the {promised:.2f} s that its '
            'header promises; fetch or convert it again'
        )


def check_samples(name: str, wave: np.ndarray) -> None:
    """Check that samples are finite, and scaled as sound is.

    Args:
        name (str): What the error calls the sound, usually its path.
        wave (np.ndarray): float [L].

    Raises:
        DataError: A sample is nan or inf, or far beyond [-1, 1].
    """
    peak = np.abs(wave).max(initial=0)
    if not np.isfinite(peak):
        raise DataError(f'{name} holds samples that are nan or inf: convert it again')
    if peak > LOUDEST:
        raise DataError(
            f'{name} holds float samples up to {peak:.4g} where [-1, 1] is full scale: convert '
            'it again, scaled'
        )
