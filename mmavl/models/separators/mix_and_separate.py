"""Separation guided by what was localized, section 3.3 of the paper."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from . import signal
from .base_separator import BaseSeparator, pad_to


@MODELS.register_module()
class MixAndSeparate(BaseSeparator):
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
        mask (str): 'binary', trained by binary cross-entropy and applied above .5, or 'ratio',
            trained by absolute differences and clamped to [0, 5]. Defaults to 'binary'.
        train_localizer (bool): Whether the loss of separation also trains the localizer (what of
            it the guidance uses; class-specific maps carry no gradient). Defaults to False: it is
            frozen.
        window (int): Samples that are separated at once; shorter mixtures are padded with silence
            and their estimates cut again. Defaults to 65535.
        rows (int): Logarithmic frequencies. Defaults to 256.
        data_preprocessor, init_cfg: As in mmengine.

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
        mask: str = 'binary',
        train_localizer: bool = False,
        window: int = signal.WINDOW,
        rows: int = 256,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        if mask not in ('binary', 'ratio'):
            raise ValueError(f"mask must be 'binary' or 'ratio', not {mask!r}")
        self.localizer = MODELS.build(localizer)
        self.guidance = MODELS.build(guidance)
        name = type(self.guidance).__name__
        if self.guidance.gives_masks != (unet is None) or (unet is None) != (synthesizer is None):
            needs = 'neither unet nor' if self.guidance.gives_masks else 'both unet and'
            raise ValueError(f'guidance {name} takes {needs} synthesizer')
        self.unet = unet and MODELS.build(unet)
        self.synthesizer = synthesizer and MODELS.build(synthesizer)
        self.mask = mask
        self.window = window
        self.rows = rows
        self.train_localizer = train_localizer
        self.localizer.requires_grad_(train_localizer and self.unet is not None)

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

    def guide(self, inputs: dict[str, Tensor]) -> Tensor:
        """Guiding vectors [S, c], or masks [S, f, t], of all sources."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.train_localizer):
            heard = self.localizer.audio_backbone(inputs['spectrogram'])[inputs['index']]
            seen = {k: inputs[k] for k in ('image', 'image_features') if k in inputs}
            features = self.localizer.extract({'audio_features': heard, **seen})
            return self.guidance(self.localizer, features, inputs['labels'])

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits [S, rows, T] of warped mixture magnitudes [M, rows, T]."""
        heard = self.unet(signal.log_magnitude(mixture)[:, None])
        return self.synthesizer(self.guide(inputs).float(), heard, inputs['index'])

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """How far the masks are from the ideal ones, weighted by the mixture's loudness."""
        if self.unet is None:
            return super().loss(inputs, data_samples)
        index = inputs['index']
        mixture = self._warped(inputs['mixture'])
        sources = self._warped(inputs['sources'])[:, None]
        logits = self.logits(inputs, mixture)
        if self.mask == 'binary':
            target = signal.binary_masks(sources, mixture[index])[:, 0]
            error = F.binary_cross_entropy_with_logits(logits, target, reduction='none')
        else:
            target = signal.ratio_masks(sources, mixture[index])[:, 0]
            error = (F.softplus(logits) - target).abs()
        return {'loss_mask': (signal.loss_weights(mixture)[index] * error).mean()}

    def masks(self, inputs: dict[str, Tensor]) -> Tensor:
        """Masks on logarithmic frequencies as they are applied, [S, rows, T]."""
        mixture = self._warped(inputs['mixture'])
        if self.unet is None:
            coarse = self.guide(inputs)[:, None].float()
            values = F.interpolate(coarse, mixture.shape[-2:], mode='bilinear')[:, 0]
        else:
            logits = self.logits(inputs, mixture)
            values = logits.sigmoid() if self.mask == 'binary' else F.softplus(logits)
        if self.mask == 'binary':
            return (values > 0.5).to(mixture.dtype)
        return values.clamp(0, signal.RATIO_LIMIT)

    def separate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate every source: [S, L]."""
        length = inputs['mixture'].shape[-1]
        spectrum = signal.stft(pad_to(inputs['mixture'], self.window))
        masks = signal.unwarp(self.masks(inputs), spectrum.shape[-2])[:, None]
        waves = signal.reconstruct(masks, spectrum[inputs['index']], self.window)
        return waves[:, 0, :length]

    def _warped(self, waves: Tensor) -> Tensor:
        return signal.warp(signal.stft(pad_to(waves, self.window)).abs(), self.rows)
