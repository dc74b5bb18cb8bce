"""Multi-label classification, Eq. 1."""

from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS


@MODELS.register_module()
class TagLoss(nn.Module):
    """Binary cross-entropy of logits and tags, averaged over clips and classes.

    Shape:
        - logits, tags (multi-hot or probabilities): [N, C]
        - output: scalar

    Source: Eq. 1; called once for each modality.
    """

    def forward(self, logits: Tensor, tags: Tensor) -> Tensor:
        """Compare logits with tags.

        Raises:
            ConfigError: They have different numbers of classes.
        """
        if logits.shape[-1] != tags.shape[-1]:
            raise ConfigError(
                f'a tag head has num_classes={logits.shape[-1]}, but the data have '
                f'{tags.shape[-1]} classes: set num_classes of each tag head'
            )
        return F.binary_cross_entropy_with_logits(logits.float(), tags)
