"""The base class of separators that learn masks."""

from abc import abstractmethod

from torch import Tensor
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from . import signal
from .base_separator import BaseSeparator, pad_to
from .masks import apply_masks, share_masks


class MaskSeparator(BaseSeparator):
    """Mix-and-separate: a U-Net processes the mixture, and each source gets a mask of it.

    Subclasses implement :meth:`logits`.

    Args:
        unet (dict): Config of the U-Net.
        mask (str): 'binary', trained by binary cross-entropy, or 'ratio', trained by absolute
            differences and clamped to [0, 5]. Defaults to 'binary'.
        threshold (float, optional): Threshold of binary masks. None applies the probabilities
            unchanged. Defaults to 0.5.
        share (bool): Whether the masks of a mixture's sources (the odds of binary ones) are
            divided by their sum before they are applied (an extension). A single source
            keeps its own mask. Defaults to False.
        window (int): Maximum number of samples to separate at once; shorter mixtures are padded
            with silence to a size that the U-Net can halve, and their estimates are cut again.
            Defaults to 65535.
        rows (int): Number of logarithmic frequencies. Defaults to 256.
        data_preprocessor, init_cfg: As in mmengine.

    Source: H. Zhao et al., "The sound of pixels", ECCV 2018.
    """

    def __init__(
        self,
        unet: dict,
        mask: str = 'binary',
        threshold: float | None = 0.5,
        share: bool = False,
        window: int = signal.WINDOW,
        rows: int = 256,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        if mask not in ('binary', 'ratio'):
            raise ValueError(f"mask must be 'binary' or 'ratio', not {mask!r}")
        self.unet = MODELS.build(unet)
        self.mask = mask
        self.threshold = threshold
        self.share = share
        self.window = window
        self.rows = rows

    @abstractmethod
    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits of warped mixture magnitudes [M, rows, T]: [S, rows, T], or by object."""

    def soft_masks(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Masks before thresholding or clamping, [S, rows, T]."""
        return self.activate(self.logits(inputs, mixture))

    def activate(self, logits: Tensor) -> Tensor:
        """Convert logits to probabilities, or to non-negative ratios; float32 even in autocast."""
        logits = logits.float()
        return logits.sigmoid() if self.mask == 'binary' else F.softplus(logits)

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Difference of the masks from the ideal ones, weighted by the mixture's loudness."""
        mixture = self.warped(inputs['mixture'])
        logits = self.logits(inputs, mixture).float()
        target = self.targets(inputs, mixture)
        if self.mask == 'binary':
            error = F.binary_cross_entropy_with_logits(logits, target, reduction='none')
        else:
            error = (self.activate(logits) - target).abs()
        return {'loss_mask': self.weighted(error, inputs, mixture)}

    def targets(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Ideal masks [S, rows, T]."""
        make = signal.binary_masks if self.mask == 'binary' else signal.ratio_masks
        return make(self.warped(inputs['sources'])[:, None], mixture[inputs['index']])[:, 0]

    def weighted(self, error: Tensor, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mean of errors [S, rows, T], each weighted by its mixture's loudness."""
        return (signal.loss_weights(mixture)[inputs['index']] * error).mean()

    def masks(self, inputs: dict[str, Tensor]) -> Tensor:
        """The applied masks on logarithmic frequencies, [S, rows, T]."""
        mixture = self.warped(inputs['mixture'])
        values = self.soft_masks(inputs, mixture)
        if self.share:
            values = share_masks(values, inputs['index'], probabilities=self.mask == 'binary')
        if self.mask == 'binary' and self.threshold is not None:
            return (values > self.threshold).to(mixture.dtype)
        return values.clamp(0, signal.RATIO_LIMIT)

    def estimate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate all sources: [S, L]."""
        return self.masked(inputs, self.masks(inputs))

    def explain(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Estimates and masks."""
        masks = self.masks(inputs)
        return {'pred_sources': self.masked(inputs, masks), 'pred_masks': masks}

    def masked(self, inputs: dict[str, Tensor], masks: Tensor) -> Tensor:
        """Waveforms [S, L] of the mixtures after masks [S, rows, T]."""
        length = inputs['mixture'].shape[-1]
        return apply_masks(masks, self.padded(inputs['mixture']), inputs['index'])[:, :length]

    def padded(self, waves: Tensor) -> Tensor:
        """Waveforms padded with silence to a number of frames that the U-Net can halve.

        Raises:
            ValueError: They are longer than the window.
        """
        block = self.unet.side * signal.HOP
        length = -(-(waves.shape[-1] + 1) // block) * block - 1
        return pad_to(waves, min(length, self.window))

    def warped(self, waves: Tensor) -> Tensor:
        """Magnitudes [..., rows, T] of waveforms [..., L] on logarithmic frequencies."""
        return signal.warp(signal.stft(self.padded(waves)).abs(), self.rows)
