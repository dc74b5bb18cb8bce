"""Separation guided by what was localized, section 3.3 of the paper."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..backbones import FrozenBackbone
from . import signal
from .mask_separator import MaskSeparator
from .objects import Objects, objects_of


@MODELS.register_module()
class MixAndSeparate(MaskSeparator):
    """Learn to take artificial mixtures apart, each source guided by its object.

    The localizer sees a source's frame and hears the *mixture*; ``guidance`` makes a vector for
    each source of it; the synthesizer turns the U-Net's channels into a mask by that vector.
    Any number of sources goes through one U-Net pass of the mixture.

    Args:
        localizer (dict): Config of a :class:`CoarseToFine`; its weights come from
            :class:`mmavl.engine.hooks.LocalizerWeightsHook`.
        guidance (dict): Config: :class:`GradCAMMask`, :class:`AudioGuidance` or
            :class:`VisualGuidance`.
        unet (dict, optional): Config of the U-Net; None where the guidance itself gives masks.
        synthesizer (dict, optional): Config, e.g. of a :class:`LinearSynthesizer`; None likewise.
        train_localizer (bool): Whether the loss of separation also trains the localizer (what of
            it the guidance uses; class-specific maps carry no gradient). Defaults to False: it is
            frozen.
        **kwargs: ``mask``, ``window``, ``rows``, ``data_preprocessor`` and ``init_cfg``, as for
            :class:`MaskSeparator`.

    Raises:
        ValueError: U-Net and synthesizer are missing where they are needed, or needless.

    Source: section 3.3 of the paper; H. Zhao et al., "The sound of pixels", ECCV 2018.
    """

    def __init__(
        self,
        localizer: dict,
        guidance: dict,
        unet: dict | None = None,
        synthesizer: dict | None = None,
        train_localizer: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(unet, **kwargs)
        self.localizer = MODELS.build(localizer)
        self.guidance = MODELS.build(guidance)
        name = type(self.guidance).__name__
        if self.guidance.gives_masks != (unet is None) or (unet is None) != (synthesizer is None):
            needs = 'neither unet nor' if self.guidance.gives_masks else 'both unet and'
            raise ValueError(f'guidance {name} takes {needs} synthesizer')
        self.synthesizer = synthesizer and MODELS.build(synthesizer)
        self.train_localizer = train_localizer
        self.localizer.requires_grad_(train_localizer and self.unet is not None)
        for module in self.localizer.modules():
            if isinstance(module, FrozenBackbone):
                module.requires_grad_(False)

    @property
    def visual_backbone(self) -> torch.nn.Module:
        """The localizer's: ``FeatureCacheHook`` caches its features where it is frozen.

        Its audio backbone hears mixtures, which are new each time and cannot be cached.
        """
        return self.localizer.visual_backbone

    def train(self, mode: bool = True) -> 'MixAndSeparate':
        """A frozen localizer stays in evaluation mode."""
        super().train(mode)
        if not self.train_localizer:
            self.localizer.eval()
        return self

    def localized(self, inputs: dict[str, Tensor], objects: Objects) -> dict[str, Tensor]:
        """The localizer's features of each object's mixture and frame, computed or given."""
        if 'localized' in inputs:
            return inputs['localized']
        audio = self.localizer.audio_backbone(inputs['spectrogram'])[inputs['index']]
        visual = {k: inputs[k] for k in ('image', 'image_features') if k in inputs}
        features = self.localizer.extract({'audio_features': audio, **visual})
        return {name: value[objects.owners] for name, value in features.items()}

    def guide(self, inputs: dict[str, Tensor]) -> Tensor:
        """Guiding vectors [S, c], or masks [S, f, t], of all sources.

        A clip with several sounding objects is guided by the mean of what these give.
        """
        objects = objects_of(inputs)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.train_localizer):
            features = self.localized(inputs, objects)
            return objects.mean(self.guidance(self.localizer, features, objects.labels))

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits [S, rows, T] of warped mixture magnitudes [M, rows, T]."""
        spectral = self.unet(signal.log_magnitude(mixture)[:, None])
        return self.synthesizer(self.guide(inputs).float(), spectral, inputs['index'])

    def soft_masks(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Masks of the U-Net, or the guidance's own, [S, rows, T]."""
        if self.unet is not None:
            return super().soft_masks(inputs, mixture)
        coarse = self.guide(inputs)[:, None].float()
        return F.interpolate(coarse, mixture.shape[-2:], mode='bilinear')[:, 0]

    def explain(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Estimates, masks and, where the guidance has such, its weights in the frame."""
        objects = objects_of(inputs)
        features = self.localized(inputs, objects)
        result = super().explain({**inputs, 'localized': features})
        if hasattr(self.guidance, 'weights'):
            maps = self.guidance.weights(self.localizer, features, objects.labels)
            result['guide_maps'] = objects.mean(maps)
        return result

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """As of :class:`MaskSeparator`.

        Raises:
            NotImplementedError: There is no U-Net to be trained.
        """
        if self.unet is None:
            raise NotImplementedError('MixAndSeparate is not trained without a U-Net: test it')
        return super().loss(inputs, data_samples)
