"""ONNX audio taggers as teachers."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.onnx_session import OnnxSession

from .base_teacher import BaseTeacher


@MODELS.register_module()
class OnnxAudioTeacher(BaseTeacher):
    """An ONNX audio tagger, run by onnxruntime.

    With ``patch_frames`` a sound is labelled in pieces, and the pieces' probabilities are
    pooled; a sound shorter than a piece is padded with silence.

    Args:
        weights (str): The .onnx file, or a .zip of it, as a path or ``pkg://package/path``. It
            maps spectrograms [N, 1, T, F] to [N, L].
        labels (str | Sequence[str]): The label list.
        spectrogram (dict): Config of the spectrogram, a ``LogMelSpectrogram``.
        patch_frames (int, optional): Length of a piece in spectrogram frames. Defaults to
            None: the whole sound at once.
        patch_hop (int, optional): Frames between the starts of pieces. Defaults to half a piece.
        pool (dict, optional): Config of the pooling over pieces. Defaults to
            ``LinearSoftmaxPool``, the pooling over time of the paper's tagger.
        activation (str): Defaults to 'sigmoid'.
    """

    modality = 'audio'

    def __init__(
        self,
        weights: str,
        labels: str | Sequence[str],
        spectrogram: dict,
        patch_frames: int | None = None,
        patch_hop: int | None = None,
        pool: dict | None = None,
        activation: str = 'sigmoid',
    ) -> None:
        super().__init__(weights, labels, activation)
        self.spectrogram = MODELS.build(spectrogram)
        self.sample_rate = self.spectrogram.sample_rate
        self.patch_frames = patch_frames
        self.patch_hop = patch_hop or (patch_frames or 0) // 2
        self.pool = MODELS.build(pool or {'type': 'LinearSoftmaxPool'})
        self.session = OnnxSession(self.weights)

    def probabilities(self, media: list[np.ndarray]) -> Tensor:
        """Probabilities [n, L] of n sounds."""
        return torch.cat([self._sound(torch.from_numpy(wave)) for wave in media])

    def _sound(self, wave: Tensor) -> Tensor:
        """Probabilities [1, L] of one sound [length]."""
        window = self.spectrogram.n_fft
        frames = self.spectrogram(F.pad(wave, (0, max(0, window - len(wave))))[None])
        outputs = self.session(self._pieces(frames).numpy())
        probs = self.activate(torch.from_numpy(outputs).flatten(1))
        return self.pool(probs[None])

    def _pieces(self, frames: Tensor) -> Tensor:
        """Cut a spectrogram [1, 1, T, F] into [P, 1, patch_frames, F]; the last ends with it."""
        size = self.patch_frames
        if size is None:
            return frames
        silence = math.log(self.spectrogram.log_offset)
        frames = F.pad(frames, (0, 0, 0, max(0, size - frames.shape[2])), value=silence)
        last = frames.shape[2] - size
        starts = [*range(0, last, self.patch_hop), last]
        return torch.cat([frames[:, :, start : start + size] for start in starts])
