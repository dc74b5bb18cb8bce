"""Batches of images of different sizes."""

from collections.abc import Sequence

from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .av_data_preprocessor import AVDataPreprocessor


@MODELS.register_module()
class MixedSizePreprocessor(AVDataPreprocessor):
    """Like :class:`AVDataPreprocessor`, but images are neither stacked nor normalised.

    ``image`` is a list of N images, float32 [3, H, W] in 0-255, on the model's device.

    Args:
        spectrogram (dict, optional): See the parent class.
        non_blocking (bool): See the parent class.
        sample_rate (int, optional): Required rate of the waveforms in Hz. Defaults to any.

    Raises:
        ConfigError: See the parent class; or a waveform has another rate.
    """

    def __init__(
        self,
        spectrogram: dict | None = None,
        non_blocking: bool = False,
        sample_rate: int | None = None,
    ) -> None:
        super().__init__(spectrogram=spectrogram, non_blocking=non_blocking)
        self.sample_rate = sample_rate

    def _check_sample_rate(self, samples: list | None) -> None:
        super()._check_sample_rate(samples)
        for sample in samples or [] if self.sample_rate else []:
            rate = sample.get('sample_rate', self.sample_rate)
            if rate != self.sample_rate:
                raise ConfigError(
                    f'the waveform has {rate} Hz, the model needs {self.sample_rate} Hz (clip '
                    f'{sample.get("clip_id")!r}): set sample_rate={self.sample_rate} for LoadAudio'
                )

    def _batch(self, inputs: dict[str, Sequence[Tensor]]) -> dict[str, Tensor | list[Tensor]]:
        stacked = {**super()._batch({k: v for k, v in inputs.items() if k != 'image'})}
        if 'image' in inputs:
            stacked['image'] = [
                image.to(self.device, non_blocking=self._non_blocking).float()
                for image in inputs['image']
            ]
        return stacked
