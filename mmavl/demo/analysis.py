"""What the page shows, without the page: uploads become pictures, sounds and a record."""

import io
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from mmavl.apis import Localization, LocalizationInferencer, SeparationInferencer
from mmavl.apis.clips import Clip, check_path
from mmavl.apis.result_files import write_json
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
from mmavl.visualization.drawing import jpeg_bytes
from mmavl.visualization.media import write_wav
from mmavl.visualization.video_frame import render_frame

from .deadline import Expired, time_limit

#: Pixels of a drawn frame's long side.
_SIDE = 560
_FOLDERS = re.compile(r'(?<![\w.:/])/(?:[^/\s\'"]+/)+')
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame, as JPEG of 560 pixels at its long side, and what was found in it."""

    jpeg: bytes
    result: Localization


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was found in one clip.

    Attributes:
        classes (list[str]): All of the model's; they choose the colours.
        moments (list[Moment]): By time; one for a picture with a sound.
        sounds (dict[str, Path]): WAV files: 'mixture', and each source where there is a separator.
        record (Path): ``NAME.json`` of a picture, ``NAME.windows.jsonl`` of a video, as
            docs/inference.md describes them.
    """

    classes: list[str]
    moments: list[Moment]
    sounds: dict[str, Path]
    record: Path

    def by_score(self) -> list[str]:
        """The classes with maps, those heard best at any moment first."""
        results = [moment.result for moment in self.moments]
        labels = dict.fromkeys(label for result in results for label in result.maps)
        return sorted(labels, key=lambda k: -max(r.audio_probs.get(k, 0.0) for r in results))

    def moment(self, time: float) -> Moment:
        """The last one at or before a time."""
        past = [m for m in self.moments if (m.result.time or 0.0) <= time + 1e-6]
        return past[-1] if past else self.moments[0]

    def picture(self, time: float = 0.0, label: str | None = None) -> np.ndarray:
        """The frame with heat, boxes and names, RGB uint8 [H + 24, W, 3].

        Args:
            time (float): Second of the video.
            label (str, optional): A class to draw whether it sounds or not. Defaults to all that
                sound.
        """
        moment = self.moment(time)
        result, image = moment.result, np.asarray(Image.open(io.BytesIO(moment.jpeg)))
        labels = result.shown if label is None else [label]
        maps = {name: result.maps[name] for name in labels if name in result.maps}
        scores = {
            k: result.audio_probs[k]
            for k in {*result.sounding, *labels}
            if k in result.audio_probs
        }
        size = image.shape[1], image.shape[0]
        time = result.time or 0.0
        return render_frame(image, maps, scores, self.classes, size, time, result.kinds)


class Analyst:
    """Analyses uploaded files.

    Args:
        localizer (LocalizationInferencer): Finds what sounds where.
        separator (SeparationInferencer, optional): Takes the sound apart.
        rate (float): Frames of a video to look at in a second. Defaults to 2.
        longest (float): Seconds that a clip may last. Defaults to 60.
        deadline (float, optional): Seconds that an analysis may take. Defaults to ten times
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
            folder (Path): Sounds and record are written here.
            report: Called with the share done in [0, 1] and what comes next.

        Raises:
            DataError: The files are not a clip, cannot be used, last too long or take too long; or
                whatever else went wrong with them. One line that names no folder.
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
        lasting = max(self._check_length(path) for path in {clip.image, clip.audio})
        moments = self._moments(clip, max(lasting, 1.0), report)
        report(0.8, 'Taking the sound apart' if self.separator else 'Reading the sound')
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
        """Go through the sound once, since a header can be wrong, before it is read whole."""
        seconds = 0.0
        with SoundStream(path) as sound:
            for rate, piece in sound.pieces():
                seconds += len(piece) / rate
                self._refuse_long(path, seconds)

    def _refuse_long(self, path: str, seconds: float) -> None:
        if seconds > self.longest:
            raise DataError(
                f'{path} lasts {seconds:.0f} s or more, and this page takes {self.longest:.0f} s '
                'at most: cut it, or use `mmavl localize`, which takes any length'
            )

    def _moments(
        self, clip: Clip, lasting: float, report: Callable[[float, str], None]
    ) -> list[Moment]:
        if not clip.video:
            many = self.localizer.model.maps_of_likely
            options = {'labels': None if many else self.localizer.classes}
            result = self.localizer((clip.image, clip.audio), **options)['predictions'][0]
            image = self.localizer.pipeline.load(clip)['image']
            return [Moment(_small_jpeg(image), _without_folders(result))]
        moments = []
        windows = self.localizer.video(clip.video, rate=self.rate)
        times = (number / self.rate for number in range(round(self.longest * self.rate) + 2))
        with PictureStream(clip.video) as pictures:
            for result, (_, image) in zip(windows, pictures.at(times)):
                self._refuse_long(clip.video, result.time)  # a header can be wrong
                moments.append(Moment(_small_jpeg(image), _without_folders(result)))
                report(min(0.8 * result.time / lasting, 0.8), f'At {result.time:.1f} s')
        return moments

    def _sounds(self, clip: Clip, folder: Path) -> dict[str, Path]:
        self._check_sound(clip.audio)
        wave, rate = self.localizer.pipeline.load(clip, whole=True)['original']
        waves = {'mixture': wave}
        if self.separator:
            files = clip.video or (clip.image, clip.audio)
            separated = self.separator(files)['predictions'][0]
            rate = separated.sample_rate
            waves.update(separated.sources)
        # one gain for all: they stay comparable, and none is clipped
        gain = 1 / max(1.0, *(float(np.abs(wave).max(initial=0)) for wave in waves.values()))
        sounds = {}
        for label, wave in waves.items():
            sounds[label] = folder / f'{safe_name(clip.name)}.{safe_name(label)}.wav'
            write_wav(sounds[label], wave * gain, rate)
        return sounds


def clip_of(files: Sequence[str]) -> Clip:
    """The clip that uploaded files are, by their suffixes.

    Raises:
        DataError: They are neither a video nor a picture and a sound.
    """
    kinds = [kind_of(file) for file in files]
    if kinds == ['video']:
        return Clip(Path(files[0]).stem, str(files[0]), str(files[0]))
    if sorted(map(str, kinds)) in (['picture', 'sound'], ['picture', 'video']):
        picture, other = (str(file) for file in (files if kinds[0] == 'picture' else files[::-1]))
        return Clip(Path(picture).stem, picture, other)
    raise DataError(f'a video is needed, or a picture and a sound; this is {_names(files)}')


def _names(files: Sequence[str]) -> str:
    names = [one_line(Path(file).name) for file in files]
    more = [f'{len(names) - 5} more'] if len(names) > 5 else []
    return ', '.join(names[:5] + more) or 'nothing'


def _without_paths(message: str, files: Sequence[str]) -> str:
    """A message without the folders of this machine, which are not for whoever uploads."""
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
    image, audio = (Path(path).name for path in (clip.image, clip.audio))
    return replace(result, clip=Clip(clip.name, image, audio))


def _write_record(moments: Iterable[Moment], folder: Path) -> Path:
    results = [moment.result for moment in moments]
    stem = safe_name(results[0].name)
    if results[0].clip.video is None:
        write_json(folder / f'{stem}.json', results[0].to_dict())
        return folder / f'{stem}.json'
    with atomic_write(folder / f'{stem}.windows.jsonl') as file:
        for item in results:
            file.write(to_json(item.to_dict(brief=True)) + '\n')
    return folder / f'{stem}.windows.jsonl'
