"""Separation guided by localization, section 3.3 of the paper."""

from typing import Any

import torch
from torch import Tensor

from mmavl.models.backbones import FrozenBackbone
from mmavl.registry import MODELS

from . import signal
from .mask_separator import MaskSeparator
from .objects import Objects, localizer_features, objects_of


@MODELS.register_module()
class MixAndSeparate(MaskSeparator):
    """Learn to separate artificial mixtures, each source guided by its object.

    The localizer gets a source's frame and the sound of the *mixture*; ``guidance`` computes a
    vector for each source; the synthesizer turns the U-Net's channels into a mask by that vector.
    Any number of sources needs only one U-Net pass of the mixture.

    Args:
        localizer (dict): Config of a :class:`CoarseToFine`; its weights come from
            :class:`mmavl.engine.hooks.LocalizerWeightsHook`.
        guidance (dict): Config: :class:`AudioGuidance` or :class:`VisualGuidance`.
        unet (dict): Config of the U-Net.
        synthesizer (dict): Config, e.g. of a :class:`LinearSynthesizer`.
        train_localizer (bool): Whether the separation loss also trains the localizer (the parts
            used by the guidance; class-specific maps have no gradient). Defaults to False: it is
            frozen.
        **kwargs: See :class:`MaskSeparator`.

    Source: section 3.3 of the paper; H. Zhao et al., "The sound of pixels", ECCV 2018.
    """

    def __init__(
        self,
        localizer: dict,
        guidance: dict,
        unet: dict,
        synthesizer: dict,
        train_localizer: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(unet, **kwargs)
        self.localizer = MODELS.build(localizer)
        self.guidance = MODELS.build(guidance)
        self.synthesizer = MODELS.build(synthesizer)
        self.train_localizer = train_localizer
        self.localizer.requires_grad_(train_localizer)
        for module in self.localizer.modules():
            if isinstance(module, FrozenBackbone):
                module.requires_grad_(False)

    @property
    def visual_backbone(self) -> torch.nn.Module:
        """The localizer's visual backbone; ``FeatureCacheHook`` caches its features if frozen.

        Its audio backbone processes mixtures, which are new each time and cannot be cached.
        """
        return self.localizer.visual_backbone

    def train(self, mode: bool = True) -> 'MixAndSeparate':
        """A frozen localizer stays in evaluation mode."""
        super().train(mode)
        if not self.train_localizer:
            self.localizer.eval()
        return self

    def localized(self, inputs: dict[str, Any], objects: Objects) -> dict[str, Tensor]:
        """The localizer's features of each object's mixture and frame, computed or cached."""
        if 'localized' in inputs:
            return inputs['localized']
        return localizer_features(self.localizer, inputs, objects)

    def guide(self, inputs: dict[str, Tensor]) -> Tensor:
        """Guiding vectors of all sources, [S, c].

        A clip with several sounding objects is guided by the mean of their vectors.
        """
        objects = objects_of(inputs)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.train_localizer):
            features = self.localized(inputs, objects)
            return objects.mean(self.guidance(self.localizer, features, objects.labels))

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits [S, rows, T] of warped mixture magnitudes [M, rows, T]."""
        spectral = self.unet(signal.log_magnitude(mixture)[:, None])
        return self.synthesizer(self.guide(inputs).float(), spectral, inputs['index'])

    def explain(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Estimates, masks and, if the guidance has them, its weights in the frame."""
        objects = objects_of(inputs)
        features = self.localized(inputs, objects)
        known: dict[str, Any] = {**inputs, 'localized': features}
        result = super().explain(known)
        if hasattr(self.guidance, 'weights'):
            maps = self.guidance.weights(self.localizer, features, objects.labels)
            result['guide_maps'] = objects.mean(maps)
        return result
