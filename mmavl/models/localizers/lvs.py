"""LVS: localizing visual sounds the hard way."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS

from .similarity_localizer import SimilarityLocalizer, other_clips, similarities


@MODELS.register_module()
class LVS(SimilarityLocalizer):
    """Cells of the own picture are positives, hard negatives, or neither, by their similarity.

    With A the cosines of a picture with its own sound and A0 with any sound:
    ``pos = sigmoid((A - positive) / sharpness)``, ``neg = 1 - sigmoid((A - negative) /
    sharpness)``; each picture's logits are its mean of A over pos (the target), of A0 over pos of
    A0 for every other sound, and of A over neg, all divided by the temperature.

    Differences from the published code: another sound's own pair is left out by a mask of
    -infinity; the published factor of -99 turns it into the strongest negative where cosines are
    below 0. Copies of a clip are left out, too, and the batch is that of all processes.

    Args:
        positive: Cosine from which a cell is a positive. Defaults to 0.65.
        negative: Cosine below which a cell is a hard negative; those between are ignored.
            Defaults to 0.4; None leaves hard negatives out.
        sharpness: Of the two sigmoids. Defaults to 0.03.
        temperature: Defaults to 0.07.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Source: H. Chen et al., CVPR 2021, Eq. 4 to 7.
    """

    published_names = {
        'imgnet.': 'visual_backbone.net.',
        'audnet.conv1_a.': 'audio_backbone.net.conv1.',
        'audnet.': 'audio_backbone.net.',
    }
    published_ignored: tuple[str, ...] = (
        'imgnet.conv1_a.',
        'imgnet.conv1_flow.',
        'imgnet.fc.',
        'audnet.conv1.',
        'audnet.conv1_flow.',
        'audnet.fc.',
    )

    def __init__(
        self,
        positive: float = 0.65,
        negative: float | None = 0.4,
        sharpness: float = 0.03,
        temperature: float = 0.07,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.positive = positive
        self.negative = negative
        self.sharpness = sharpness
        self.temperature = temperature

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """Cross-entropy of each picture's positives among the negatives."""
        cosines = similarities(audio, visual)
        every = weighted_mean(cosines, self._above(cosines, self.positive))
        own = cosines.diagonal().permute(2, 0, 1)
        columns = [every.diagonal()[:, None], every.masked_fill(~other_clips(clips), -torch.inf)]
        if self.negative is not None:
            hard = weighted_mean(own, self._above(-own, -self.negative))
            columns.append(hard[:, None])
        logits = torch.cat(columns, dim=1) / self.temperature
        return {'loss_contrast': F.cross_entropy(logits, torch.zeros_like(clips))}

    def _above(self, cosines: Tensor, threshold: float) -> Tensor:
        return ((cosines - threshold) / self.sharpness).sigmoid()


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """The mean over the cells, weighted: twice [..., h, w] -> [...]."""
    total = weights.sum((-2, -1)).clamp_min(torch.finfo(weights.dtype).tiny)
    return (weights * values).sum((-2, -1)) / total
