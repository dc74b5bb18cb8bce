"""Localizing sound sources in clips and videos."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import pseudo_collate

from mmavl.media.media_file import MediaFile
from mmavl.models.localizers import BaseLocalizer
from mmavl.models.naming import Naming, named_families
from mmavl.registry import INFERENCERS
from mmavl.utils.file_names import safe_name
from mmavl.visualization.drawing import write_png

from .annotate import annotate_video, part_of
from .base_av_inferencer import BaseAVInferencer, check_batch_size, check_threshold
from .clips import Clip, check_path
from .localization import Localization
from .localization_picture import draw_localization
from .result_files import write_json
from .smoothing import smooth


@INFERENCERS.register_module()
class LocalizationInferencer(BaseAVInferencer):
    """Tags, maps and boxes of clips: of a frame with the sound around it, and of whole videos.

    >>> localize = LocalizationInferencer('scenes-families')  # doctest: +SKIP
    >>> result = localize('clip.mp4')['predictions'][0]  # doctest: +SKIP
    >>> result.names(), [window.names() for window in result.windows]  # doctest: +SKIP
    >>> localize(['clip.mp4', ('a.jpg', 'a.wav')], out_dir='results')['index']  # doctest: +SKIP

    A call has the options of :meth:`check_options`. It returns a :class:`Localization` for each
    clip, for a video that of its middle frame; :meth:`go_on` then processes the whole video,
    unless a frame was requested by its ``time``. :meth:`video` does that window by window, and
    :meth:`annotate` draws the windows into a copy of a video.

    Args:
        model, weights, device, show_progress, dtype: See :class:`BaseAVInferencer`.

    Raises:
        ConfigError: The model is not a localizer.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.check_has(isinstance(self.model, BaseLocalizer), 'localizer')

    def naming(self, threshold: float) -> Naming:
        """The rule that selects the classes to report."""
        meta = self.model.dataset_meta
        visual_threshold = getattr(self.model, 'visual_threshold', 0.0)
        return Naming(threshold, named_families(meta), visual_threshold, meta.get('kinds', {}))

    def check_options(  # type: ignore[override]  # an unknown option is a TypeError
        self,
        labels: Sequence[str] | None = None,
        threshold: float = 0.3,
        whole_videos: bool = True,
        rate: float = 2.0,
        smoothing: float = 1.0,
        max_side: int = 640,
        frame_rate: float | None = None,
    ) -> None:
        """Check the options of a call.

        Args:
            labels (Sequence[str], optional): See :meth:`predict_batch`.
            threshold (float): See :meth:`predict_batch`. Defaults to 0.3.
            whole_videos (bool): Whether to process whole videos, not only their middle
                frame. Defaults to True.
            rate (float): See :meth:`video`. Defaults to 2.
            smoothing (float): See :meth:`video`. Defaults to 1.
            max_side (int): See :meth:`annotate`. Defaults to 640.
            frame_rate (float, optional): See :meth:`annotate`. Defaults to all frames.

        Raises:
            ValueError: The model has no such label, or another option is out of range.
        """
        self.class_numbers(labels)
        check_threshold(threshold)
        _check_steps(rate, smoothing)

    def predict_batch(
        self,
        batch: list[tuple[Clip, dict]],
        return_datasamples: bool = False,
        labels: Sequence[str] | None = None,
        threshold: float = 0.3,
        **options,
    ) -> list[Any]:
        """Localize in loaded clips.

        Args:
            batch (list): Clips with the data from :meth:`ClipPipeline.load`.
            return_datasamples (bool): Whether to return :class:`AVDataSample`. Defaults to False.
            labels (Sequence[str], optional): Classes to compute maps for in addition to
                audible ones.
            threshold (float): Probability from which a class counts as sounding. Defaults to 0.3.
            **options: Options of :meth:`go_on`.

        Returns:
            list[Localization] | list[AVDataSample]: In order.
        """
        check_threshold(threshold)
        asked = self.class_numbers(labels)
        packed = [self.pipeline.pack(loaded, asked) for _, loaded in batch]
        samples = self.forward(pseudo_collate(packed))
        if return_datasamples:
            return samples
        return [
            Localization.of_sample(
                sample, self.classes, self.naming(threshold), clip, labels or ()
            )
            for sample, (clip, _) in zip(samples, batch)
        ]

    def draw(self, result: Localization, loaded: dict[str, Any]) -> np.ndarray:
        """The frame with what is audible and visible, the maps, and the sound."""
        return draw_localization(result, loaded, self.classes)

    def save_one(
        self, result: Localization, folder: Path, loaded: dict[str, Any]
    ) -> dict[str, Any]:
        """Write ``NAME.png`` and ``NAME.json``."""
        stem = safe_name(result.name)
        write_png(folder / f'{stem}.png', self.draw(result, loaded))
        write_json(folder / f'{stem}.json', {**result.to_dict(), 'picture': f'{stem}.png'})
        return {
            'name': result.name,
            'sounding': result.sounding,
            'names': result.names(),
            'json': f'{stem}.json',
            'picture': f'{stem}.png',
        }

    def goes_on(self, clip: Clip, whole_videos: bool = True, **options) -> bool:
        """Whether a clip is a video to process completely."""
        return bool(whole_videos and clip.video and clip.time is None)

    def go_on(
        self,
        result: Localization,
        loaded: dict[str, Any],
        folder: Path | None,
        batch_size: int,
        entry: dict[str, Any],
        max_side: int = 640,
        frame_rate: float | None = None,
        labels: Sequence[str] | None = None,
        whole_videos: bool = True,
        **options,
    ) -> None:
        """Process a whole video, into the result's ``windows`` or into files.

        Args:
            result (Localization): The result for its middle frame.
            loaded (dict): With ``file``, the open video.
            folder (Path, optional): Folder for ``NAME.mp4`` and ``NAME.windows.jsonl``, which are
                written immediately, so that windows need not be kept. Defaults to None: keep them.
            batch_size (int): See :meth:`video`.
            entry (dict): Gets the files ``video`` and ``windows``, if written; if interrupted,
                those of the part that is done.
            max_side, frame_rate: See :meth:`annotate`.
            labels, whole_videos: Not used.
            **options: See :meth:`video`.
        """
        windows = self.video(loaded['file'].path, batch_size=batch_size, **options)
        if folder is not None:
            self._save_video(folder, loaded['file'], windows, entry, max_side, frame_rate)
            return
        for window in windows:
            result.windows.append(window)

    def save_more(
        self, result: Localization, folder: Path, file: MediaFile | None, entry: dict[str, Any]
    ) -> None:
        """Write a copy of the video with the result's windows drawn, and the windows."""
        if result.windows:
            assert file is not None  # they are of a video
            self._save_video(folder, file, result.windows, entry)

    def _save_video(
        self,
        folder: Path,
        file: MediaFile,
        windows: Iterable[Localization],
        entry: dict[str, Any],
        max_side: int = 640,
        frame_rate: float | None = None,
    ) -> None:
        stem = safe_name(entry['name'])
        files = {'video': folder / f'{stem}.mp4', 'windows': folder / f'{stem}.windows.jsonl'}
        options: dict[str, Any] = {'max_side': max_side, 'frame_rate': frame_rate}
        options |= {'windows_file': files['windows'], 'show_progress': self.show_progress}
        try:
            annotate_video(file, files['video'], windows, self.classes, **options)
        except (KeyboardInterrupt, SystemExit):
            parts = {key: part_of(path) for key, path in files.items()}
            entry |= {key: path.name for key, path in parts.items() if path.exists()}
            entry['interrupted'] = True
            raise
        entry |= {key: path.name for key, path in files.items()}

    def video(
        self,
        path: str | Path,
        rate: float = 2.0,
        smoothing: float = 1.0,
        batch_size: int = 8,
        threshold: float = 0.3,
    ) -> Iterator[Localization]:
        """Localize in a whole video, with bounded memory.

        Args:
            path (str): A video with sound.
            rate (float): Frames to analyse per second. Defaults to 2.
            smoothing (float): Maps and tags are averaged over this many seconds before and after,
                see :func:`mmavl.apis.smoothing.smooth`. Defaults to 1; 0 disables it.
            batch_size (int): Frames per batch. Defaults to 8.
            threshold (float): Probability from which a class counts as sounding. Defaults to 0.3.

        Yields:
            Localization: In order of time, every ``1 / rate`` s, with maps of all classes, or only
            of those that may sound if the model has very many.

        Raises:
            DataError: The video cannot be read completely.
            ValueError: The rate is not above 0, the smoothing negative, or another argument out of
                range.
        """
        _check_steps(rate, smoothing)
        check_batch_size(batch_size)
        check_threshold(threshold)
        path = str(check_path(path))
        windows = self._windows(Clip(Path(path).stem, path, path), rate, batch_size, threshold)
        return smooth(windows, smoothing, self.naming(threshold))

    def _windows(
        self, clip: Clip, rate: float, batch_size: int, threshold: float
    ) -> Iterator[Localization]:
        asked = None if self.model.maps_of_likely else self.classes
        assert clip.video is not None
        with MediaFile(clip.video) as file:
            windows = ((clip, loaded) for loaded in self.pipeline.windows(file, rate))
            while batch := [*islice(windows, batch_size)]:
                yield from self.predict_batch(batch, labels=asked, threshold=threshold)

    def annotate(
        self,
        path: str | Path,
        out_file: str | Path,
        max_side: int = 640,
        frame_rate: float | None = None,
        windows_file: str | Path | None = None,
        **kwargs,
    ) -> int:
        """Write a copy of a video with heat maps, boxes, classes and scores, and its sound.

        Args:
            path (str): A video with sound.
            out_file (str): The ``.mp4`` to write.
            max_side (int): Maximum longest side of the frames in pixels. Defaults to 640.
            frame_rate (float, optional): Maximum frame rate. Defaults to all frames.
            windows_file (str, optional): Also write the results here, one line of JSON per window.
            **kwargs: ``rate``, ``smoothing``, ``batch_size``, ``threshold``, see :meth:`video`.

        Returns:
            int: Number of frames written.

        Raises:
            DataError: The video cannot be read completely; then no file is left.
            KeyboardInterrupt: What is done so far is left, see :func:`.annotate.annotate_video`.
            ValueError: ``out_file`` is the video itself, or as for :meth:`video`.
        """
        if Path(out_file).resolve() == Path(path).resolve():
            raise ValueError(f'{path} would be overwritten: choose another file for its copy')
        return annotate_video(
            str(check_path(path)),
            out_file,
            self.video(path, **kwargs),
            self.classes,
            max_side=max_side,
            frame_rate=frame_rate,
            windows_file=windows_file,
            show_progress=self.show_progress,
        )


def _check_steps(rate: float, smoothing: float) -> None:
    if rate <= 0 or smoothing < 0:
        raise ValueError(f'rate={rate} must be above 0, and smoothing={smoothing} not negative')
