"""The row "Grad-CAM" of Table 3."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS

from . import signal
from .audio_guidance import class_maps
from .base_separator import BaseSeparator, pad_to
from .masks import apply_masks, share_masks
from .objects import localizer_features, objects_of


@MODELS.register_module()
class GradCAMMask(BaseSeparator):
    """The mixture's Grad-CAM map of a class, Eq. 4, divided by its maximum, as its mask.

    There is no further network, and nothing to train.

    Args:
        localizer (dict): Config of a :class:`CoarseToFine`; its weights come from
            :class:`mmavl.engine.hooks.LocalizerWeightsHook`.
        share (bool): Whether the masks of a mixture's sources are divided by their sum (an
            extension). Defaults to False.
        window (int): Maximum number of samples to separate at once. Defaults to 65535.
        rows (int): Number of logarithmic frequencies. Defaults to 256.
        data_preprocessor, init_cfg: As in mmengine.

    Source: section 4.4 of the paper, first of its three settings.
    """

    window: int

    def __init__(
        self,
        localizer: dict,
        share: bool = False,
        window: int = signal.WINDOW,
        rows: int = 256,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.localizer = MODELS.build(localizer).requires_grad_(False)
        self.share = share
        self.window = window
        self.rows = rows

    @property
    def visual_backbone(self) -> nn.Module:
        """The localizer's visual backbone, whose features ``FeatureCacheHook`` caches."""
        return self.localizer.visual_backbone

    @torch.no_grad()
    def masks(self, inputs: dict[str, Tensor]) -> Tensor:
        """Masks on logarithmic frequencies, [S, rows, T]."""
        objects = objects_of(inputs)
        features = localizer_features(self.localizer, inputs, objects)
        maps = mixture_masks(class_maps(self.localizer, features, objects.labels))
        size = self.rows, self.window // signal.HOP + 1
        coarse = objects.mean(maps)[:, None].float()
        masks = F.interpolate(coarse, size, mode='bilinear')[:, 0]
        if self.share:
            masks = share_masks(masks, inputs['index'])
        return masks.clamp(0, signal.RATIO_LIMIT)

    def estimate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate all sources: [S, L]."""
        return self.explain(inputs)['pred_sources']

    def explain(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Estimates and masks."""
        masks, mixtures = self.masks(inputs), inputs['mixture']
        waves = apply_masks(masks, pad_to(mixtures, self.window), inputs['index'])
        return {'pred_sources': waves[:, : mixtures.shape[-1]], 'pred_masks': masks}


def mixture_masks(maps: Tensor) -> Tensor:
    """Audio maps, divided by their maxima.

    Args:
        maps (Tensor): Non-negative, [S, t, f]. A map that is zero everywhere, i.e. of an
            inaudible class, gives a mask of ones: the mixture as estimate.

    Returns:
        Tensor: In [0, 1], low frequencies first, [S, f, t].
    """
    maps = maps.mT
    peak = maps.amax((-2, -1), keepdim=True)
    return (maps / peak.clamp_min(1e-12)).where(peak > 0, 1)
