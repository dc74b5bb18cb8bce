"""Grad-CAM for valid (clip, class) pairs only, Eq. 4."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision
from mmavl.utils.pairs import per_clip_matmul


def grad_cam(features: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """Grad-CAM of one score per sample, with a single backward pass through the head.

    It sets no hooks, writes no ``.grad`` and does not touch the caller's graph; it also
    works inside ``no_grad`` and ``inference_mode``.

    Args:
        features: F [P, c, h, w].
        score: Maps F [P, c, h, w] to the score of each sample, [P].

    Returns:
        float32 ``relu(sum_c mean_hw(d score / d F_c) F_c)``, detached, [P, h, w].

    Source: R. Selvaraju et al., Grad-CAM, ICCV 2017, Eq. 1 and 2.
    """
    with torch.inference_mode(False), torch.enable_grad():
        leaf = features.detach().clone().requires_grad_()
        # cuDNN's recurrent backward pass refuses modules in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False):
            (gradient,) = torch.autograd.grad(score(leaf).sum(), leaf)
    weights = gradient.float().mean((-2, -1), keepdim=True)
    return (weights * leaf.detach().float()).sum(1).relu()


@MODELS.register_module()
class GradCAMDisentangler(nn.Module):
    """Class-specific maps W of the valid pairs; the cost grows with P, not with C.

    Heads with closed-form channel weights (``channel_weights``) need no gradient;
    for other heads the P pairs are expanded into one batch and differentiated together.

    Source: Eq. 4. Scaling the score by any positive function of itself (logit or probability)
    scales the whole map and cancels in Eq. 5.
    """

    def forward(self, features: Tensor, head: nn.Module, clips: Tensor, classes: Tensor) -> Tensor:
        """Disentangle.

        Args:
            features: F_r [N, c, h, w].
            head: Maps F_r to logits [N, C].
            clips: long [P], the batch index of each pair's sample, ascending.
            classes: long [P], the class of each pair.

        Returns:
            W_r >= 0, detached, [P, h, w].
        """
        channel_weights = getattr(head, 'channel_weights', None)
        if channel_weights is not None:
            return class_activation(features, channel_weights(classes), clips).relu()
        # cloned if gradients are enabled: autograd refuses to save inference tensors
        return grad_cam(features[clips], lambda f: head(f).gather(1, classes.clone()[:, None]))


def class_activation(features: Tensor, weights: Tensor, clips: Tensor) -> Tensor:
    """Sum of the feature channels, weighted for each pair, detached.

    In bfloat16 several cells would share the maximum, and the first one would win.

    Args:
        features: F [N, c, h, w].
        weights: [P, c].
        clips: long [P], ascending.

    Returns:
        float32 [P, h, w].
    """
    weights, features = weights.detach().float(), features.detach().float()
    with full_precision(features.device):
        rows = per_clip_matmul(weights, features.flatten(2), clips)
    return rows.unflatten(1, features.shape[-2:])
