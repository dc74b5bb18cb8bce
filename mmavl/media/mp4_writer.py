"""Writing an MP4 frame by frame, with the sound of another file."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from typing import IO, cast

import av
import numpy as np

from .media_file import MediaFile
from .sound_stream import SoundStream
from .track import Clock

#: Sound codecs that are copied to the MP4, and the minimum rate in Hz that the muxer accepts.
_COPIED = {'aac': 0, 'mp3': 16_000}
_AAC_RATES = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000}
_LAYOUTS = {1: 'mono', 2: 'stereo', 6: '5.1', 8: '7.1'}
_TICKS = 90_000


class Mp4Writer:
    """An MP4 with H.264 (or MPEG-4 if FFmpeg has no encoder); a ``with`` block closes it.

    Args:
        file (IO): The file to write, open for binary writing.
        size (tuple[int, int]): Width and height, even.
        rate (Fraction): Approximate frame rate; each frame has its own time.
        sound_of (str | SoundStream | None): The file whose default sound track is added, if it
            has one; or its sound, open and not yet read.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(
        self,
        file: IO,
        size: tuple[int, int],
        rate: Fraction,
        sound_of: str | SoundStream | None,
    ) -> None:
        self.file = file
        self.sound_of = sound_of
        self._stack = ExitStack()
        self.size = size
        self.rate = rate
        self._last = -1
        self._end = float('inf')

    def __enter__(self) -> 'Mp4Writer':
        with self._errors():
            self._output = av.open(self.file, 'w', format='mp4')
            codec = 'libx264' if 'libx264' in av.codecs_available else 'mpeg4'
            self._video = cast(av.VideoStream, self._output.add_stream(codec, rate=self.rate))
            self._video.width, self._video.height = self.size
            self._video.pix_fmt = 'yuv420p'
            self._video.codec_context.time_base = Fraction(1, _TICKS)
            if codec == 'libx264':
                self._video.options = {'preset': 'veryfast', 'crf': '22'}
        sound = self._open_sound()
        self._sound = iter(()) if sound is None else self._packets_of(sound)
        self._waiting = next(self._sound, None)
        return self

    def __exit__(self, kind: type | None, *rest: object) -> None:
        try:
            if kind is None:
                with self._errors():
                    self._output.mux(self._video.encode(None))
                self._mux_sound(self._end)
        finally:
            self._stack.close()
            with self._errors():
                self._output.close()

    def write(self, time: float, image: np.ndarray) -> None:
        """Write a frame, RGB uint8 [H, W, 3], shown from second ``time``."""
        ticks = round(time * _TICKS)
        if ticks <= self._last:
            return  # two frames at the same time
        self._last = ticks
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format='rgb24')
        frame.pts, frame.time_base = ticks, Fraction(1, _TICKS)
        with self._errors():
            self._output.mux(self._video.encode(frame))
        # interleaved, since the muxer would otherwise keep all of one of them in memory
        self._mux_sound(time)

    def cut(self) -> None:
        """End the sound with the last frame, instead of adding what is left of it."""
        self._end = self._last / _TICKS

    def _mux_sound(self, until: float) -> None:
        while self._waiting is not None and self._waiting[0] <= until:
            with self._errors():
                self._output.mux(self._waiting[1])
            self._waiting = next(self._sound, None)

    def _open_sound(self) -> SoundStream | None:
        if not isinstance(self.sound_of, str):
            return self.sound_of
        file = self._stack.enter_context(MediaFile(self.sound_of))
        return self._stack.enter_context(SoundStream(file)) if file.tracks['audio'] else None

    def _packets_of(
        self, sound: SoundStream
    ) -> Iterator[tuple[float, av.Packet | list[av.Packet]]]:
        track = sound.track
        # canonical name: the mp3 decoder is called mp3float
        least = _COPIED.get(track.codec.canonical_name, float('inf'))
        if track.rate >= least and _is_constant(sound):
            return self._copied(sound)
        return self._encoded(sound)

    def _copied(self, sound: SoundStream) -> Iterator[tuple[float, av.Packet]]:
        out = self._output.add_stream_from_template(sound.track)
        clock, last = Clock(sound), None
        base = Fraction(1, _TICKS)
        for packet in sound.packets():
            if not packet.size:
                continue
            lasts, due = sound.packet_duration(packet), clock.due
            time = clock(packet.dts, lasts)
            if due is not None and time < due - lasts / 2:
                continue  # recordings that were joined overlap
            if last is not None:  # one tick of the output is one sample
                time = max(time, last + 2 / sound.track.rate)
            packet.time_base = base
            packet.pts = packet.dts = round(time * _TICKS)
            last = time
            packet.stream = out
            yield time, packet

    def _encoded(self, sound: SoundStream) -> Iterator[tuple[float, list[av.Packet]]]:
        rate = sound.track.rate if sound.track.rate in _AAC_RATES else 48_000
        layout = _LAYOUTS.get(sound.track.channels, 'stereo')  # some files have no layout
        out = self._output.add_stream('aac', rate=rate, layout=layout)
        resampler, kind, due = None, None, 0
        for time, frame in sound.decoded():
            if time < due / rate - sound.duration(frame) / 2:
                continue  # recordings that were joined overlap
            changed = kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate))
            if changed or resampler is None:
                resampler = av.AudioResampler(format='fltp', layout=layout, rate=rate)
            frame.pts = None
            for piece in resampler.resample(frame):
                piece.pts = max(due, round(time * rate))
                piece.time_base = Fraction(1, rate)
                due = piece.pts + piece.samples
                yield time, out.encode(piece)
        yield due / rate, out.encode(None)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn FFmpeg's writing errors into OSErrors; other errors belong to the source file."""
        try:
            yield
        except av.FFmpegError as error:
            number = error.errno if 0 < (error.errno or 0) < 200 else errno.EIO
            raise OSError(number, f'the MP4 cannot be written: {error.strerror}') from error


def _is_constant(sound: SoundStream) -> bool:
    """Whether AAC that is described packet by packet has a constant rate and channel number."""
    if sound.track.codec.canonical_name != 'aac' or sound.track.codec_context.extradata:
        return True
    kinds = set()
    with SoundStream(sound.path) as once_more:
        for packet in once_more.packets():
            if packet.size > 3:
                _, _, rate, channels = bytes(packet)[:4]
                kinds.add((rate & 0xFD, channels & 0xC0))
    return len(kinds) <= 1
