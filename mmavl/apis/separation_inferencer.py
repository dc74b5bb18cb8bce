"""Taking the sound of clips and videos apart."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor

from mmavl.models.separators.base_separator import BaseSeparator
from mmavl.registry import INFERENCERS
from mmavl.structures import AVDataSample
from mmavl.utils.files import atomic_write
from mmavl.visualization import Spectrogram
from mmavl.visualization.drawing import fit_image, safe_name, write_png
from mmavl.visualization.layout import Panel, compose_row
from mmavl.visualization.spectrogram import draw_spectrogram

from .base_av_inferencer import BaseAVInferencer, write_json
from .clips import Clip
from .separation import Separation, overlap_add


@INFERENCERS.register_module()
class SeparationInferencer(BaseAVInferencer):
    """The sources of clips' whole sound, each guided by the frame in the middle.

    >>> separate = SeparationInferencer('separation_scenes', 'epoch_10.pth')  # doctest: +SKIP
    >>> found = separate('clip.mp4')['predictions'][0]  # doctest: +SKIP
    >>> found.sources['Violin'], found.sample_rate  # doctest: +SKIP

    Sounds longer than the model's window go through it in windows that overlap.

    Args:
        model, weights, device, scope, show_progress: As for :class:`BaseAVInferencer`. For a
            separator that is nothing but guided by its localizer, the weights are the localizer's.

    Raises:
        ConfigError: The model is no separator, or one that needs a frame of each source.
    """

    whole_sound = True

    def __init__(self, model: str | Path | None = 'separation_scenes', *args, **kwargs) -> None:
        super().__init__(model, *args, **kwargs)
        self.check_has(isinstance(self.model, BaseSeparator), 'separator')
        # a separator guided by frames wants one of each source, and a clip has one for all
        blind = not hasattr(self.model, 'window')
        self.check_has(blind or hasattr(self.model, 'localizer'), 'separator with a localizer')

    @property
    def model_rate(self) -> int:
        """Samples per second at which the model separates."""
        return self.model.data_preprocessor.sample_rate

    def predict_batch(
        self,
        batch: list[tuple[Clip, dict]],
        return_datasamples: bool = False,
        labels: list[str] | None = None,
        threshold: float = 0.3,
        num_sources: int = 2,
    ) -> list[Any]:
        """Separate loaded clips.

        Args:
            batch (list): Clips and what :meth:`ClipPipeline.load` gave, their sound whole.
            return_datasamples (bool): Whether to give :class:`AVDataSample` with
                ``pred_sources`` [n, L] at ``model_rate``. Defaults to False.
            labels (list[str], optional): Classes to separate. Defaults to those heard.
            threshold (float): Probability from which a class counts as heard; the best one always
                does. Defaults to 0.3.
            num_sources (int): How many sources a model without a localizer makes. Defaults to 2.

        Returns:
            list[Separation] | list[AVDataSample]: In order.
        """
        if num_sources < 1:
            raise ValueError(f'num_sources={num_sources} is not above 0')
        self.class_numbers(labels)
        results = []
        for clip, loaded in batch:
            heard = self._heard(loaded)
            if not heard:
                names = [f'source {number + 1}' for number in range(num_sources)]
            else:
                names = labels or [k for k in heard if heard[k] >= threshold]
                names = names or [max(heard, key=heard.get)]
            sources = self._separate(loaded, names, bool(heard))
            if return_datasamples:
                meta = {'clip_id': clip.name, 'sample_rate': self.model_rate}
                results.append(AVDataSample(metainfo=meta, pred_sources=sources))
            else:
                results.append(self._result(clip, loaded, names, sources, heard))
        return results

    def _result(
        self, clip: Clip, loaded: dict, names: list[str], sources: Tensor, heard: dict[str, float]
    ) -> Separation:
        wave, rate = loaded['original']
        back = {}
        for name, source in zip(names, sources.cpu().numpy()):
            full = soxr.resample(source, self.model_rate, rate)[: len(wave)]
            back[name] = np.pad(full, (0, len(wave) - len(full)))
        return Separation(clip.name, rate, self.model_rate, back, heard, clip)

    @torch.no_grad()
    def _heard(self, loaded: dict) -> dict[str, float]:
        """Greatest probability of each class over windows of the localizer's length."""
        localizer = getattr(self.model, 'localizer', None)
        if localizer is None:
            return {}
        step = round(self.pipeline.seconds * self.pipeline.sample_rate)
        best = torch.zeros(len(self.classes))
        for start in range(0, len(loaded['waveform']), step):
            inputs, _ = self._prepare(loaded, start, start + step, [0])
            heard = {'spectrogram': inputs['spectrogram'], 'image': inputs['image']}
            mixture = AVDataSample(metainfo={'clip_id': loaded['clip_id']})
            mixture.gt_tags = torch.zeros(len(self.classes))
            found = localizer.predict(heard, [mixture])[0]
            best = torch.maximum(best, found.pred_tags.float().cpu())
        return dict(zip(self.classes, best.tolist()))

    @torch.no_grad()
    def _separate(self, loaded: dict, names: list[str], guided: bool) -> Tensor:
        """Sources [n, L] at the model's rate."""
        rate, total = self.pipeline.sample_rate, len(loaded['waveform'])
        numbers = self.class_numbers(names) if guided else list(range(len(names)))
        window = int(self.pipeline.seconds * self.model_rate)
        # whole seconds are whole samples at both rates
        hop = min(max(round(self.pipeline.seconds / 2), 1) * self.model_rate, window)
        length = -(-total * self.model_rate // rate)

        def separate(start: int, stop: int) -> Tensor:
            first = start * rate // self.model_rate
            last = min(-(-stop * rate // self.model_rate), total)
            inputs, _ = self._prepare(loaded, first, last, numbers, guided)
            inputs.pop('sources')
            estimates = self.model.separate(inputs)[:, : stop - start].float()
            return torch.nn.functional.pad(estimates, (0, stop - start - estimates.shape[1]))

        if not guided:  # clusters have no names by which windows could be joined
            return separate(0, length)
        return overlap_add(separate, length, window, hop)

    def _prepare(
        self, loaded: dict, start: int, stop: int, labels: list[int], transformed: bool = True
    ) -> tuple[dict[str, Tensor], list[AVDataSample]]:
        """A model's inputs for one part of the sound as a mixture of some classes."""
        part = {**loaded, 'waveform': loaded['waveform'][start:stop]}
        if transformed:
            inputs = self.pipeline.pack(part)['inputs']
        else:
            inputs = {'waveform': torch.from_numpy(part['waveform'])}
        # the preprocessor divides sources by their number and adds them up: to this very sound
        repeated = {
            name: [value.expand(len(labels), *value.shape)] for name, value in inputs.items()
        }
        meta = {'clip_id': loaded['clip_id'], 'sample_rate': loaded['sample_rate']}
        sources = [AVDataSample(metainfo={**meta, 'source_label': label}) for label in labels]
        mixture = AVDataSample(metainfo=meta, sources=sources)
        batch = {'inputs': repeated, 'data_samples': [mixture]}
        prepared = self.model.data_preprocessor(batch, False)
        return prepared['inputs'], prepared['data_samples']

    def draw(self, result: Separation, loaded: dict[str, Any]) -> np.ndarray:
        """The frame, a spectrogram of each source, and that of the mixture beneath."""
        panels = [Panel(fit_image(loaded['image'], 256), 'frame')]
        for label, wave in result.sources.items():
            picture = draw_spectrogram(Spectrogram.of_waveform(wave, result.sample_rate), 320, 256)
            score = f'heard {result.heard[label]:.2f}' if label in result.heard else ''
            panels.append(Panel(np.asarray(picture), label.replace('_', ' '), score))
        mixture = Spectrogram.of_waveform(*loaded['original'])
        return compose_row(panels, mixture, result.name, 'beneath: the mixture', [], 256)

    def save_one(self, result: Separation, folder: Path, loaded: dict[str, Any]) -> dict[str, Any]:
        """Write ``NAME.LABEL.wav`` for each source, ``NAME.png`` and ``NAME.json``."""
        stem = safe_name(result.name)
        files = {}
        for label, wave in result.sources.items():
            files[label] = f'{stem}.{safe_name(label)}.wav'
            with atomic_write(folder / files[label], 'wb') as file:
                # float: an estimate may exceed full scale
                soundfile.write(file, wave, result.sample_rate, subtype='FLOAT', format='WAV')
        write_png(folder / f'{stem}.png', self.draw(result, loaded))
        content = {**result.to_dict(), 'sources': files, 'picture': f'{stem}.png'}
        write_json(folder / f'{stem}.json', content)
        return {
            'name': result.name,
            'sources': files,
            'json': f'{stem}.json',
            'picture': f'{stem}.png',
        }
