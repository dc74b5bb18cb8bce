"""Batches of pictures of different sizes."""

from collections.abc import Sequence

from torch import Tensor

from mmavl.registry import MODELS

from .av_data_preprocessor import AVDataPreprocessor


@MODELS.register_module()
class MixedSizePreprocessor(AVDataPreprocessor):
    """As :class:`AVDataPreprocessor`, except that pictures are neither stacked nor normalised.

    ``image`` is a list of N pictures, float32 [3, H, W] in 0-255 on the model's device.

    Args:
        spectrogram (dict, optional): As of the parent.
        non_blocking (bool): As of the parent.
    """

    def __init__(self, spectrogram: dict | None = None, non_blocking: bool = False) -> None:
        super().__init__(spectrogram=spectrogram, non_blocking=non_blocking)

    def _batch(self, inputs: dict[str, Sequence[Tensor]]) -> dict[str, Tensor | list[Tensor]]:
        stacked = super()._batch({k: v for k, v in inputs.items() if k != 'image'})
        if 'image' in inputs:
            stacked['image'] = [
                image.to(self.device, non_blocking=self._non_blocking).float()
                for image in inputs['image']
            ]
        return stacked
