"""A disentangler."""

import torch
from torch import Tensor, nn

from mmavl.registry import MODELS


@MODELS.register_module()
class GradientTimesInput(nn.Module):
    """Eq. 4 with the gradient of each place, where Grad-CAM takes its mean over all places."""

    def forward(self, features: Tensor, head: nn.Module, clips: Tensor, classes: Tensor) -> Tensor:
        """Disentangle, as ``GradCAMDisentangler`` does.

        Args:
            features: F_r [N, c, h, w].
            head: Maps F_r to logits [N, C].
            clips: long [P], the pair's sample in the batch, ascending.
            classes: long [P], the pair's class.

        Returns:
            W_r >= 0, detached, [P, h, w].
        """
        # predictions are made under no_grad, and cuDNN's GRU has no gradient in evaluation mode
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            leaf = features[clips].detach().requires_grad_()
            score = head(leaf).gather(1, classes[:, None]).sum()
            (gradient,) = torch.autograd.grad(score, leaf)
        return (gradient * leaf).detach().sum(1).relu()
