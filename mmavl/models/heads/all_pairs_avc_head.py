"""Audio-visual correspondence over all pairs of a batch."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.utils.distributed import gather_cat


@MODELS.register_module()
class AllPairsAVCHead(nn.Module):
    """Classify whether each sound and each image of the batch come from the same video.

    The averaged feature maps of both are concatenated and classified.

    Args:
        in_channels: Channels of F_a and F_v each. Defaults to 512.
        hidden: Width of the hidden layer. Defaults to 128.

    Shape:
        - F_a [N, in_channels, t, f], F_v [M, in_channels, h, w]
        - logits [N, M, 2]; index 1 is correspondence

    Source: the simplified variant released by the paper's authors; Eq. 2.
    """

    def __init__(self, in_channels: int = 512, hidden: int = 128) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(2 * in_channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 2)
        )

    def classify(self, audio: Tensor, visual: Tensor) -> Tensor:
        """Logits [N, M, 2] of averaged F_a [N, c] and F_v [M, c]."""
        audio, visual = torch.broadcast_tensors(audio[:, None], visual[None])
        return self.fc(torch.cat([audio, visual], dim=-1))

    def forward(self, audio: Tensor, visual: Tensor) -> Tensor:
        """Logits [N, M, 2] of F_a [N, c, t, f] and F_v [M, c, h, w]."""
        return self.classify(audio.mean((-2, -1)), visual.mean((-2, -1)))

    def loss(self, audio: Tensor, visual: Tensor, clips: Tensor) -> Tensor:
        """Eq. 2 over all pairs of the global batch; averages matching and other pairs apart.

        Args:
            audio: F_a [n, c, t, f].
            visual: F_v [n, c, h, w].
            clips: long [n], one number per video. Further pairs of the same video are in
                neither average.

        Returns:
            Scalar, the mean of the two averages.
        """
        logits = self.classify(
            gather_cat(audio.mean((-2, -1))), gather_cat(visual.mean((-2, -1)))
        ).float()
        clips = gather_cat(clips)
        matching = torch.eye(len(clips), dtype=torch.bool, device=clips.device)
        other = clips[:, None] != clips[None]
        right = F.cross_entropy(logits[matching], clips.new_ones(len(clips)))
        count = int(other.sum())
        wrong = F.cross_entropy(logits[other], clips.new_zeros(count), reduction='sum')
        return (right + wrong / max(count, 1)) / 2

    @torch.no_grad()
    def correspondence(self, audio: Tensor, visual: Tensor, clips: Tensor) -> Tensor:
        """Probability of correspondence of each clip's pair, and with the previous clip's image.

        Args:
            audio, visual, clips: As for :meth:`loss`, of this process's batch.

        Returns:
            [n, 2]; nan in the second column if the batch has only one video.
        """
        probability = self(audio, visual).float().softmax(-1)[..., 1]
        index = torch.arange(len(clips), device=clips.device)
        rolled = probability[index, index.roll(1)].masked_fill(clips == clips.roll(1), torch.nan)
        return torch.stack([probability.diagonal(), rolled], dim=1)
