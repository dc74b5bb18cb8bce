"""Turning lists of samples into batched model inputs on the device."""

from collections.abc import Mapping, Sequence

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

_SAME_SHAPE = {
    'image': 'add Resize to the pipeline',
    'waveform': 'add CropPadAudio to the pipeline',
    'image_features': 'cache the features for one input size',
    'audio_features': 'cache the features for one input length',
}


@MODELS.register_module()
class AVDataPreprocessor(BaseDataPreprocessor):
    """Stack a batch, move it to the model's device, normalise images and compute spectrograms.

    It computes in float32 even inside autocast: bfloat16 would add audible noise, and on a
    CPU autocast does not support float16, the format of cached features. Subclasses override
    :meth:`prepare`.

    Args:
        mean (Sequence[float]): Mean of R, G and B in 0-255. Defaults to ImageNet's.
        std (Sequence[float]): Standard deviation of R, G and B in 0-255. Defaults to ImageNet's.
        spectrogram (dict, optional): Config of the module, such as
            :class:`LogMelSpectrogram`, that computes ``spectrogram`` from ``waveform``. Its
            ``sample_rate`` must match the pipeline's, since nothing is resampled here.
        non_blocking (bool): Copy to a GPU without waiting. Defaults to False.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        spectrogram: dict | None = None,
        non_blocking: bool = False,
    ) -> None:
        super().__init__(non_blocking)
        self.register_buffer('mean', torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.spectrogram = MODELS.build(spectrogram) if spectrogram else None

    def forward(self, data: dict, training: bool = False) -> dict:
        """Prepare a batch as returned by the collate function.

        Args:
            data (dict): ``inputs``: dict of lists of N tensors, ``image`` (uint8 [3, H, W]),
                ``waveform`` (float32 [L]), ``image_features``, ``audio_features``; and
                ``data_samples``: list of N :class:`AVDataSample`, or None or absent.
            training (bool): Ignored. Defaults to False.

        Returns:
            dict: ``inputs``: ``image`` (float32 [N, 3, H, W], normalised), ``waveform``
            (float32 [N, L]), ``spectrogram`` (float32 [N, 1, T, F]) and float32 features, if
            present in the input; and ``data_samples`` on the device, or None.

        Raises:
            ConfigError: The samples differ in shape, or their sample rate differs from the
                spectrogram's.
        """
        with full_precision(self.device):
            return self.prepare(data, training)

    def prepare(self, data: dict, training: bool) -> dict:
        """The body of :meth:`forward`, outside autocast."""
        samples = self.cast_data(data.get('data_samples'))
        self._check_sample_rate(samples)
        inputs = {**self._batch(data['inputs'])}
        if 'waveform' in inputs and self.spectrogram is not None:
            inputs['spectrogram'] = self.spectrogram(inputs['waveform'])
        return {'inputs': inputs, 'data_samples': samples}

    def _batch(self, inputs: dict[str, Sequence[Tensor]]) -> Mapping[str, Tensor | list[Tensor]]:
        """Stack the inputs on the device and normalise images."""
        batch = {name: self._stack(name, items) for name, items in inputs.items()}
        if 'image' in batch:
            batch['image'] = batch['image'].sub_(self.mean).div_(self.std)
        return batch

    def _stack(self, name: str, items: Sequence[Tensor]) -> Tensor:
        shapes = {tuple(item.shape) for item in items}
        if len(shapes) > 1:
            raise ConfigError(
                f'{name!r} has different shapes within a batch ({sorted(shapes)}): '
                f'{_SAME_SHAPE.get(name, "make them equal in the pipeline")}'
            )
        batch = torch.stack(list(items))
        return batch.to(self.device, non_blocking=self._non_blocking).float()

    def _check_sample_rate(self, samples: list | None) -> None:
        if self.spectrogram is None:
            return
        for sample in samples or []:
            rate = sample.get('sample_rate', self.spectrogram.sample_rate)
            if rate != self.spectrogram.sample_rate:
                raise ConfigError(
                    f'the waveform has {rate} Hz, but the spectrogram expects '
                    f'{self.spectrogram.sample_rate} Hz (clip {sample.get("clip_id")!r}): set the '
                    'same sample_rate for LoadAudio and the spectrogram'
                )
