"""Finding what sounds where in clips and videos."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData

from mmavl.media.media_file import MediaFile, opened
from mmavl.models.localizers import BaseLocalizer
from mmavl.registry import INFERENCERS
from mmavl.structures import AVDataSample
from mmavl.utils.file_names import safe_name
from mmavl.visualization import Spectrogram
from mmavl.visualization.drawing import write_png

from .annotate import annotate_video
from .base_av_inferencer import BaseAVInferencer, check_batch_size, check_threshold, write_json
from .clips import Clip, check_path
from .localization import AGNOSTIC, Localization
from .naming import Naming, named_families
from .smoothing import smooth


@INFERENCERS.register_module()
class LocalizationInferencer(BaseAVInferencer):
    """Tags, maps and boxes of clips: one frame each, with the sound around it.

    >>> localize = LocalizationInferencer('stage2_scenes', 'epoch_16.pth')  # doctest: +SKIP
    >>> found = localize('clip.mp4')['predictions'][0]  # doctest: +SKIP
    >>> found.sounding, found.boxes(found.sounding[0])  # doctest: +SKIP

    :meth:`video` goes through a whole video, :meth:`annotate` draws what it finds into it.

    Args:
        model, weights, device, scope, show_progress, dtype: As for :class:`BaseAVInferencer`.

    Raises:
        ConfigError: The model is not a localizer.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.check_has(isinstance(self.model, BaseLocalizer), 'localizer')

    def naming(self, threshold: float) -> Naming:
        """How this model's probabilities become names."""
        meta = self.model.dataset_meta
        visual_threshold = getattr(self.model, 'visual_threshold', 0.0)
        return Naming(threshold, named_families(meta), visual_threshold, meta.get('kinds', {}))

    def check_options(self, **options) -> None:
        """As of :class:`BaseAVInferencer`: labels the model knows, a threshold in [0, 1]."""
        super().check_options(**options)
        check_threshold(options.get('threshold', 0))
        self.class_numbers(options.get('labels'))

    def predict_batch(
        self,
        batch: list[tuple[Clip, dict]],
        return_datasamples: bool = False,
        labels: Sequence[str] | None = None,
        threshold: float = 0.3,
    ) -> list[Any]:
        """Localize in loaded clips.

        Args:
            batch (list): Clips and what :meth:`ClipPipeline.load` gave.
            return_datasamples (bool): Whether to give :class:`AVDataSample`. Defaults to False.
            labels (Sequence[str], optional): Classes to make maps for whether they are heard or
                not, beside those heard.
            threshold (float): Probability from which a class counts as sounding. Defaults to 0.3.

        Returns:
            list[Localization] | list[AVDataSample]: In order.
        """
        check_threshold(threshold)
        asked = self.class_numbers(labels)
        packed = [self.pipeline.pack(loaded, asked) for _, loaded in batch]
        samples = self.forward(self.collate_fn(packed))
        if return_datasamples:
            return samples
        return [
            Localization.of_sample(
                sample, self.classes, self.naming(threshold), clip, labels or ()
            )
            for sample, (clip, _) in zip(samples, batch)
        ]

    def draw(self, result: Localization, loaded: dict[str, Any]) -> np.ndarray:
        """The frame with the boxes of what sounds, its maps and those asked for, and the sound."""
        sample = AVDataSample(metainfo={'clip_id': result.name, 'ori_shape': result.size[::-1]})
        names = [*self.classes]
        labels = [self._number(label) for label in result.drawn]
        maps = [torch.from_numpy(result.maps[label]) for label in result.drawn]
        sample.map_labels = torch.tensor(labels, dtype=torch.long)
        sample.pred_maps = PixelData(data=torch.stack(maps) if maps else torch.empty(0, 1, 1))
        if result.audio_probs:
            sample.pred_tags = torch.tensor([result.audio_probs[name] for name in names])
            sample.pred_visual_tags = torch.tensor([result.visual_probs[name] for name in names])
        sample.pred_instances = self._instances(result)
        wave = loaded['waveform']
        return self.visualizer.draw(
            loaded['image'],
            sample,
            spectrogram=Spectrogram.of_waveform(wave, loaded['sample_rate']),
            caption=_caption(result),
        )

    def _instances(self, result: Localization) -> InstanceData:
        found = [(box.xyxy, label) for label in result.shown for box in result.boxes(label)]
        return InstanceData(
            bboxes=torch.tensor([xyxy for xyxy, _ in found]).reshape(-1, 4),
            labels=torch.tensor([self._number(label) for _, label in found], dtype=torch.long),
            names=[result.kinds.get(label, label) for _, label in found],
        )

    def _number(self, label: str) -> int:
        return -1 if label == AGNOSTIC else self.classes.index(label)

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

    def video(
        self,
        source: str | Path | MediaFile,
        rate: float = 2.0,
        smoothing: float = 1.0,
        batch_size: int = 8,
        threshold: float = 0.3,
    ) -> Iterator[Localization]:
        """Localize in a whole video, with a bounded part of it in memory.

        Args:
            source (str | MediaFile): A video with sound, or one that is open already.
            rate (float): Frames to look at in a second. Defaults to 2.
            smoothing (float): Maps and tags are averaged over this many seconds before and after,
                see :func:`mmavl.apis.smoothing.smooth`. Defaults to 1; 0 leaves them.
            batch_size (int): Frames that go through the model at once. Defaults to 8.
            threshold (float): Probability from which a class counts as sounding. Defaults to 0.3.

        Yields:
            Localization: By time, every ``1 / rate`` s, with maps of all classes; of those that
            may sound where the model knows very many.

        Raises:
            DataError: The video cannot be used, or not to its end.
            ValueError: The rate is not above 0, the smoothing negative, or another argument out of
                its range.
        """
        if rate <= 0 or smoothing < 0:
            raise ValueError(f'rate={rate} must be above 0, smoothing={smoothing} not below')
        check_batch_size(batch_size)
        check_threshold(threshold)
        if not isinstance(source, MediaFile):
            source = str(check_path(source))
        found = self._windows(source, rate, batch_size, threshold)
        return smooth(found, smoothing, self.naming(threshold))

    def _windows(
        self, source: str | MediaFile, rate: float, batch_size: int, threshold: float
    ) -> Iterator[Localization]:
        asked = None if self.model.maps_of_likely else self.classes
        with opened(source) as file:
            clip = Clip(Path(file.path).stem, file.path, file.path)
            windows = ((clip, loaded) for loaded in self.pipeline.windows(file, rate))
            while batch := [*islice(windows, batch_size)]:
                yield from self.predict_batch(batch, labels=asked, threshold=threshold)

    def annotate(
        self,
        source: str | Path | MediaFile,
        out_file: str | Path,
        max_side: int = 640,
        frame_rate: float | None = None,
        windows_file: str | Path | None = None,
        **kwargs,
    ) -> int:
        """Write a video's copy with heat maps, boxes, classes and scores, and its own sound.

        Args:
            source (str | MediaFile): A video with sound, or one that is open already.
            out_file (str): The ``.mp4`` to write.
            max_side (int): Frames are scaled to at most this many pixels. Defaults to 640.
            frame_rate (float, optional): Leave out frames above this rate. Defaults to all.
            windows_file (str, optional): Also write what was found, one line of JSON a window.
            **kwargs: ``rate``, ``smoothing``, ``batch_size``, ``threshold`` as for :meth:`video`.

        Returns:
            int: Frames written.

        Raises:
            DataError: The video cannot be used, or not to its end; no file is left then.
            ValueError: ``out_file`` is the video itself, or as of :meth:`video`.
        """
        path = source.path if isinstance(source, MediaFile) else str(check_path(source))
        if Path(out_file).resolve() == Path(path).resolve():
            raise ValueError(f'{path} would be overwritten: choose another file for its copy')
        return annotate_video(
            path,
            out_file,
            self.video(source, **kwargs),
            self.classes,
            max_side=max_side,
            frame_rate=frame_rate,
            windows_file=windows_file,
            show_progress=self.show_progress,
        )


def _caption(result: Localization) -> str:
    names = ', '.join(result.names()) if result.audio_probs else ''
    time = '' if result.time is None else f'at {result.time:.1f} s'
    return ' '.join(filter(None, (time, names and f'heard: {names}')))
