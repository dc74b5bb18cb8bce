"""From clips, files or arrays, to inputs of a model's data preprocessor."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import soxr
from mmengine import Config
from mmengine.registry import DefaultScope
from torch import Tensor

from mmavl.errors import ConfigError, DataError
from mmavl.media.audio import read_audio
from mmavl.media.formats import kind_of
from mmavl.media.image import read_image
from mmavl.media.media_file import MediaFile
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream
from mmavl.registry import TRANSFORMS
from mmavl.utils.components import component_name

from .clips import Clip

#: Default seconds of sound per window, if the config does not set them.
_SECONDS = 10.0


class ClipPipeline:
    """A config's test pipeline, with pictures and sounds from a :class:`Clip`.

    Args:
        cfg (Config): A model's config.
        num_classes (int): Number of classes, C.

    Attributes:
        sample_rate (int): Sample rate of the waveforms in Hz.
        seconds (float): Length of a sound window.

    Raises:
        ConfigError: The config has no test pipeline with LoadAudio.
    """

    def __init__(self, cfg: Config, num_classes: int) -> None:
        steps = [(component_name(step['type']), step) for step in _test_pipeline(cfg)]
        named = dict(steps)
        if 'LoadAudio' not in named:
            raise ConfigError(
                f'{cfg.filename or "the config"} has no LoadAudio in the pipeline of its '
                'test_dataloader: sample rate and transforms of the input are unknown'
            )
        self.num_classes = num_classes
        self.sample_rate = named['LoadAudio'].get('sample_rate', 22050)
        lengths = (named.get(name, {}).get('seconds') for name in ('CropPadAudio', 'LoadAudio'))
        self.seconds = next((length for length in lengths if length), _SECONDS)
        with DefaultScope.overwrite_default_scope('mmavl'):
            self.transforms = [
                TRANSFORMS.build(step)
                for name, step in steps
                if name not in ('LoadFrame', 'LoadAudio')
            ]

    def load(
        self, clip: Clip, whole: bool = False, file: MediaFile | None = None
    ) -> dict[str, Any]:
        """Read a clip: a video's frame, by default the middle one, and the sound around it.

        Args:
            clip (Clip): The clip.
            whole (bool): Whether to read all of the sound. Defaults to False.
            file (MediaFile, optional): Its video, if already open.

        Returns:
            dict: ``image`` (RGB uint8 [H, W, 3]), ``ori_shape``, ``waveform`` (float32 [L]),
            ``sample_rate``, ``window`` (first and last second used), ``clip_id``; for a video
            ``time``; with ``whole`` also ``original``, the sound and its original rate.

        Raises:
            DataError: The media cannot be used; the message has one line.
        """
        if file is None:
            with clip.open() as file:
                return self._load(clip, whole, file)
        return self._load(clip, whole, file)

    def _load(self, clip: Clip, whole: bool, file: MediaFile | None) -> dict[str, Any]:
        time = None
        if isinstance(clip.image, np.ndarray):
            image = clip.image
        elif kind_of(clip.image) != 'picture':
            image, time = _frame(file or clip.image, clip.time)
        else:
            image = read_image(clip.image)
        sound = file or clip.audio
        if not whole:
            wave, start = self._sound(clip, sound, time)
            return self.results(clip, image, wave, start, time)
        original, rate = (
            (sound, clip.sample_rate)
            if isinstance(sound, np.ndarray)
            else read_audio(sound, seconds=float('inf'))
        )
        wave = original
        if rate != self.sample_rate:
            wave = soxr.resample(original, rate, self.sample_rate)
        return {**self.results(clip, image, wave, 0.0, time), 'original': (original, rate)}

    def results(
        self, clip: Clip, image: np.ndarray, wave: np.ndarray, start: float, time: float | None
    ) -> dict[str, Any]:
        """The inputs of the transforms; see :meth:`load`."""
        results = {
            'clip_id': clip.name,
            'image': image,
            'ori_shape': image.shape[:2],
            'waveform': wave,
            'sample_rate': self.sample_rate,
            'window': (start, start + len(wave) / self.sample_rate),
        }
        return results if time is None else {**results, 'time': time}

    def _sound(
        self, clip: Clip, sound: str | np.ndarray | MediaFile, time: float | None
    ) -> tuple[np.ndarray, float]:
        """The window of sound around a time (None for the middle), and its first second."""
        if isinstance(sound, np.ndarray):
            wave = self._resampled(sound, clip.sample_rate)
            middle = len(wave) / self.sample_rate / 2 if time is None else time
            wanted = round(self.seconds * self.sample_rate)
            start = round(middle * self.sample_rate) - wanted // 2
            start = max(min(start, len(wave) - wanted), 0)
            return wave[start : start + wanted], start / self.sample_rate
        if time is not None:
            with SoundStream(sound, self.sample_rate, self.seconds, time) as stream:
                start, wave = stream.around(time)
            return wave, start
        starts = [0.0]

        def centre(length: float, wanted: float) -> float:
            starts.append((length - wanted) / 2)
            return starts[-1]

        wave, _ = read_audio(sound, self.sample_rate, self.seconds, centre)
        return wave, starts[-1]

    def _resampled(self, wave: np.ndarray, rate: int | None) -> np.ndarray:
        if rate == self.sample_rate:
            return wave
        return soxr.resample(wave, rate, self.sample_rate)

    def pack(self, results: dict[str, Any], asked: Sequence[int] = ()) -> dict[str, Any]:
        """Run the transforms on loaded results.

        Args:
            results (dict): From :meth:`load`; not changed.
            asked (Sequence[int]): Classes whose maps are requested even if they are silent.

        Returns:
            dict: ``inputs`` and ``data_samples``.
        """
        tags = np.zeros(self.num_classes, np.float32)
        tags[list(asked)] = 1
        packed = {**results, 'tags': tags}
        for transform in self.transforms:
            packed = transform(packed)
        packed['data_samples'].set_metainfo({'window': results['window']})
        return packed

    def pictures(self, file: str | MediaFile, times: Sequence[float]) -> Iterator[np.ndarray]:
        """The pictures of a video at increasing times; beyond its end the last one repeats.

        Args:
            file (str | MediaFile): The video.
            times (Sequence[float]): Seconds.

        Yields:
            np.ndarray: RGB uint8 [H, W, 3] for each time.

        Raises:
            DataError: The video cannot be used.
        """
        with PictureStream(file) as pictures:
            given = 0
            for _, image in pictures.at(times):
                given += 1
                yield image
        for _ in times[given:]:
            yield image

    def image_input(self, clip: Clip, image: np.ndarray) -> Tensor:
        """Prepare a picture for the model's data preprocessor, uint8 [3, h, w]."""
        results = self.results(clip, image, np.zeros(1, np.float32), 0.0, None)
        return self.pack(results)['inputs']['image']

    def windows(self, file: MediaFile, rate: float) -> Iterator[dict[str, Any]]:
        """Yield ``rate`` frames of a video per second, each with the sound around it.

        Args:
            file (MediaFile): The video; one pass reads pictures and sound.
            rate (float): In Hz.

        Yields:
            dict: See :meth:`load`.

        Raises:
            DataError: The video cannot be read completely.
        """
        clip = Clip(file.path, file.path, file.path)
        times = (number / rate for number in count())
        sound = SoundStream(file, self.sample_rate, self.seconds)
        with sound, PictureStream(file) as pictures:
            for time, image in pictures.at(times):
                first, wave = sound.around(time)
                yield self.results(clip, image, wave, first, time)


def _test_pipeline(cfg: Config) -> list[dict]:
    dataset = cfg.get('test_dataloader', {}).get('dataset', {})
    while 'pipeline' not in dataset and 'dataset' in dataset:
        dataset = dataset['dataset']
    return dataset.get('pipeline', [])


def _frame(file: str | MediaFile, time: float | None) -> tuple[np.ndarray, float]:
    """A video's frame at a time (None for the middle), and that time."""
    with PictureStream(file) as pictures:
        seconds = pictures.length()
        if time is not None and time > seconds:
            path = pictures.path
            raise DataError(f'{path} lasts {seconds:.2f} s and has no frame at {time:g} s')
        time = seconds / 2 if time is None else time
        _, image = next(pictures.at([time]))
    return image, time
