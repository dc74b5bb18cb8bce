"""The analysis behind the page: from uploads to pictures, sounds and a record."""

import io
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from mmavl.apis import Localization, LocalizationInferencer, SeparationInferencer
from mmavl.apis.clips import Clip, check_path
from mmavl.apis.result_files import write_json
from mmavl.apis.steady import steady_views
from mmavl.apis.views import view_of
from mmavl.errors import DataError
from mmavl.media.container import find_track, open_container
from mmavl.media.formats import kind_of
from mmavl.media.image import resized
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream
from mmavl.utils.failures import ends_run, error_line
from mmavl.utils.file_names import safe_name
from mmavl.utils.files import atomic_write
from mmavl.utils.names import one_line, to_json
from mmavl.visualization.colours import Colours
from mmavl.visualization.drawing import jpeg_bytes
from mmavl.visualization.media import write_wav
from mmavl.visualization.video_frame import View, render_frame

from .deadline import Expired, time_limit

#: Longer side of a drawn frame in pixels.
_SIDE = 560
_FOLDERS = re.compile(r'(?<![\w.:/])/(?:[^/\s\'"]+/)+')
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame, as a JPEG with a longer side of 560 pixels, and its result."""

    jpeg: bytes
    result: Localization


@dataclass(frozen=True, eq=False)
class Analysis:
    """The results for one clip.

    Attributes:
        classes (list[str]): All classes of the model, which determine the colours.
        moments (list[Moment]): In order of time; one for a picture with a sound.
        sounds (dict[str, Path]): WAV files: 'mixture', and each source if there is a separator.
        record (Path): ``NAME.json`` for a picture, ``NAME.windows.jsonl`` for a video, as
            described in docs/inference.md.
    """

    classes: list[str]
    moments: list[Moment]
    sounds: dict[str, Path]
    record: Path

    def by_score(self) -> list[str]:
        """The classes with maps, sorted by their highest audio probability."""
        results = [moment.result for moment in self.moments]
        labels = dict.fromkeys(label for result in results for label in result.maps)
        return sorted(labels, key=lambda k: -max(r.audio_probs.get(k, 0.0) for r in results))

    def moment(self, time: float) -> Moment:
        """The last moment at or before a time."""
        past = [m for m in self.moments if (m.result.time or 0.0) <= time + 1e-6]
        return past[-1] if past else self.moments[0]

    def picture(self, time: float = 0.0, label: str | None = None) -> np.ndarray:
        """The frame with heat map, boxes and names, RGB uint8 [H, W, 3].

        Args:
            time (float): Time in the video in seconds.
            label (str, optional): A class to draw even if it is not audible. Defaults to all
                that are audible and visible.
        """
        moment = self.moment(time)
        image = np.asarray(Image.open(io.BytesIO(moment.jpeg)))
        view = view_of(moment.result, [label]) if label else self._views[moment]
        size = image.shape[1], image.shape[0]
        return render_frame(image, view, self._colours, size, moment.result.time)

    @cached_property
    def _views(self) -> dict[Moment, View]:
        """What is drawn at each moment: as in the annotated copy of a video."""
        results = [moment.result for moment in self.moments]
        if results[0].time is None:
            return {moment: view_of(moment.result) for moment in self.moments}
        return {moment: view for moment, (_, view) in zip(self.moments, steady_views(results))}

    @cached_property
    def _colours(self) -> Colours:
        colours = Colours(self.classes)
        for moment in self.moments:
            for label in moment.result.sounding:
                colours[label]  # chosen in order of time, whatever is looked at first
        return colours


class Analyst:
    """Analyses uploaded files.

    Args:
        localizer (LocalizationInferencer): Locates sounding objects.
        separator (SeparationInferencer, optional): Separates the sound.
        rate (float): Frames to analyse per second of video. Defaults to 2.
        longest (float): Maximum length of a clip in seconds. Defaults to 60.
        deadline (float, optional): Maximum time for an analysis in seconds. Defaults to ten times
            ``longest``, at least 300.
    """

    def __init__(
        self,
        localizer: LocalizationInferencer,
        separator: SeparationInferencer | None = None,
        rate: float = 2.0,
        longest: float = 60.0,
        deadline: float | None = None,
    ) -> None:
        self.localizer = localizer
        self.separator = separator
        self.rate = rate
        self.longest = longest
        self.deadline = deadline or max(10 * longest, 300.0)

    def __call__(
        self,
        files: Sequence[str],
        folder: Path,
        report: Callable[[float, str], None] = lambda share, doing: None,
    ) -> Analysis:
        """Analyse one clip.

        Args:
            files (Sequence[str]): A video, or a picture and a sound in any order.
            folder (Path): Output folder for sounds and the record.
            report: Called with the progress in [0, 1] and the name of the next step.

        Raises:
            DataError: The files are not a clip, cannot be used, or take too long; or any
                other error about them. One line without folder names.
            OSError: Nothing more can be written.
        """
        try:
            with time_limit(self.deadline):
                return self._analyse(files, folder, report)
        except Expired as error:
            names = _names(files)
            raise DataError(
                f'{names} takes longer than {self.deadline:.0f} s, the limit of this page for one '
                'clip: cut it, or use `mmavl localize`'
            ) from error
        except Exception as error:
            if ends_run(error, folder):
                raise
            if not isinstance(error, DataError):
                _LOG.exception('an upload could not be analysed')
            raise DataError(_without_paths(error_line(error), files)) from error

    def _analyse(
        self, files: Sequence[str], folder: Path, report: Callable[[float, str], None]
    ) -> Analysis:
        clip = clip_of(files)
        lasting = max(self._check_length(path) for path in {str(clip.image), str(clip.audio)})
        moments = self._moments(clip, max(lasting, 1.0), report)
        report(0.8, 'Separating the sound' if self.separator else 'Reading the sound')
        return Analysis(
            self.localizer.classes,
            moments,
            self._sounds(clip, folder),
            _write_record(moments, folder),
        )

    def _check_length(self, path: str) -> float:
        if kind_of(path) == 'picture':
            return 0.0
        path = str(check_path(path))
        with open_container(path) as container:
            tracks = [
                track
                for kind, track in (('video', PictureStream), ('audio', SoundStream))
                if find_track(container, kind) is not None
            ]
        seconds = max((track.length_of(path) for track in tracks), default=0.0)
        self._refuse_long(path, seconds)
        return seconds

    def _check_sound(self, path: str) -> None:
        """Decode the sound once before reading all of it, since a header can be wrong."""
        seconds = 0.0
        with SoundStream(path) as sound:
            for rate, piece in sound.pieces():
                seconds += len(piece) / rate
                self._refuse_long(path, seconds)

    def _refuse_long(self, path: str, seconds: float) -> None:
        if seconds > self.longest:
            raise DataError(
                f'{path} is at least {seconds:.0f} s long, and this page accepts at most '
                f'{self.longest:.0f} s: cut it, or use `mmavl localize`, which accepts any length'
            )

    def _moments(
        self, clip: Clip, lasting: float, report: Callable[[float, str], None]
    ) -> list[Moment]:
        if not clip.video:
            many = self.localizer.model.maps_of_likely
            labels = None if many else self.localizer.classes
            result = self.localizer((clip.image, clip.audio), labels=labels)['predictions'][0]
            image = self.localizer.pipeline.load(clip)['image']
            return [Moment(_small_jpeg(image), _without_folders(result))]
        moments = []
        windows = self.localizer.video(clip.video, rate=self.rate)
        times = (number / self.rate for number in range(round(self.longest * self.rate) + 2))
        with PictureStream(clip.video) as pictures:
            for result, (_, image) in zip(windows, pictures.at(times)):
                time = result.time
                assert time is not None  # of a video
                self._refuse_long(clip.video, time)  # a header can be wrong
                moments.append(Moment(_small_jpeg(image), _without_folders(result)))
                report(min(0.8 * time / lasting, 0.8), f'At {time:.1f} s')
        return moments

    def _sounds(self, clip: Clip, folder: Path) -> dict[str, Path]:
        self._check_sound(str(clip.audio))
        wave, rate = self.localizer.pipeline.load(clip, whole=True)['original']
        waves = {'mixture': wave}
        if self.separator:
            files = clip.video or (clip.image, clip.audio)
            separated = self.separator(files)['predictions'][0]
            rate = separated.sample_rate
            waves.update(separated.sources)
        # a common gain keeps them comparable and avoids clipping
        gain = 1 / max(1.0, *(float(np.abs(wave).max(initial=0)) for wave in waves.values()))
        sounds = {}
        for label, wave in waves.items():
            sounds[label] = folder / f'{safe_name(clip.name)}.{safe_name(label)}.wav'
            write_wav(sounds[label], wave * gain, rate)
        return sounds


def clip_of(files: Sequence[str]) -> Clip:
    """The clip made up of uploaded files, by their suffixes.

    Raises:
        DataError: They are neither a video nor a picture with a sound.
    """
    kinds = [kind_of(file) for file in files]
    if kinds == ['video']:
        return Clip(Path(files[0]).stem, str(files[0]), str(files[0]))
    if sorted(map(str, kinds)) in (['picture', 'sound'], ['picture', 'video']):
        picture, other = (str(file) for file in (files if kinds[0] == 'picture' else files[::-1]))
        return Clip(Path(picture).stem, picture, other)
    raise DataError(f'upload a video, or a picture and a sound, not {_names(files)}')


def _names(files: Sequence[str]) -> str:
    names = [one_line(Path(file).name) for file in files]
    more = [f'{len(names) - 5} more'] if len(names) > 5 else []
    return ', '.join(names[:5] + more) or 'nothing'


def _without_paths(message: str, files: Sequence[str]) -> str:
    """Remove this machine's folders from a message, since uploaders should not see them."""
    for file in files:
        message = message.replace(one_line(str(file)), one_line(Path(file).name))
    return _FOLDERS.sub('', message)


def _small_jpeg(image: np.ndarray) -> bytes:
    height, width = image.shape[:2]
    scale = _SIDE / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return jpeg_bytes(resized(image, size))


def _without_folders(result: Localization) -> Localization:
    clip = result.clip
    assert clip is not None  # set by the inferencer
    image, audio = (Path(str(path)).name for path in (clip.image, clip.audio))
    return replace(result, clip=Clip(clip.name, image, audio))


def _write_record(moments: Iterable[Moment], folder: Path) -> Path:
    results = [moment.result for moment in moments]
    stem = safe_name(results[0].name)
    clip = results[0].clip
    if clip is None or clip.video is None:
        write_json(folder / f'{stem}.json', results[0].to_dict())
        return folder / f'{stem}.json'
    with atomic_write(folder / f'{stem}.windows.jsonl') as file:
        for item in results:
            file.write(to_json(item.to_dict(brief=True)) + '\n')
    return folder / f'{stem}.windows.jsonl'
