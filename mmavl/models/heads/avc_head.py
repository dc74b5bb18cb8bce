"""Audio-visual correspondence, Fig. 3 and Eq. 2."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.distributed import gather_cat, rank, world_size


@MODELS.register_module()
class AVCHead(nn.Module):
    """Classify whether a sound and an image come from the same video.

    Args:
        audio_branch: Config of F_a -> E_a. Defaults to :class:`AVCAudioBranch`, as in Fig. 3.
        visual_branch: Config of O_v -> E_v. Defaults to :class:`AVCVisualBranch`, as in Fig. 3.
        channels: Channels of E_a and E_v each. Defaults to 512.
        hidden: Width of the hidden layer. Defaults to 128.
        audio_neck: Config of a neck between the audio backbone's output and the audio branch,
            if the branch does not take F_a. Defaults to None.
        pooling: How E_a and E_v become vectors, 'max' or 'mean'. Defaults to 'max'.
        loss_weight: Lambda of Eq. 3. Defaults to 1.0.

    Shape:
        - E_a [N, channels, t, 1], E_v [N, channels, h, w]
        - logits [N, 2]; index 1 is correspondence

    Source: Fig. 3, Eq. 2.
    """

    def __init__(
        self,
        audio_branch: dict | None = None,
        visual_branch: dict | None = None,
        channels: int = 512,
        hidden: int = 128,
        audio_neck: dict | None = None,
        pooling: str = 'max',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if pooling not in ('max', 'mean'):
            raise ValueError(f"pooling must be 'max' or 'mean', not {pooling!r}")
        self.pooling = pooling
        self.audio_neck = None if audio_neck is None else MODELS.build(audio_neck)
        self.loss_weight = loss_weight
        self.audio_branch = MODELS.build({'type': 'AVCAudioBranch', **(audio_branch or {})})
        self.visual_branch = MODELS.build({'type': 'AVCVisualBranch', **(visual_branch or {})})
        self.fc = nn.Sequential(
            nn.Linear(2 * channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 2)
        )

    def embed(self, audio: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Map F_a (or with ``audio_neck``, the backbone's output) and O_v to E_a and E_v."""
        if self.audio_neck is not None:
            audio = self.audio_neck(audio)
        return self.audio_branch(audio), self.visual_branch(visual)

    def pool(self, embedded: Tensor) -> Tensor:
        """E_r [N, c, h, w] -> [N, c]."""
        reduce = torch.amax if self.pooling == 'max' else torch.mean
        return reduce(embedded, (-2, -1))

    def classify(self, audio: Tensor, visual: Tensor) -> Tensor:
        """Logits [..., 2] of pooled E_a [..., c] and E_v [..., c]."""
        return self.fc(torch.cat([audio, visual], dim=-1))

    def cell_logits(self, embedded_audio: Tensor, embedded_visual: Tensor) -> Tensor:
        """The correspondence logit of each cell alone with the whole sound.

        Args:
            embedded_audio: E_a [N, c, t, f].
            embedded_visual: E_v [N, c, h, w].

        Returns:
            Logit of correspondence minus that of no correspondence, [N, h, w].
        """
        cells = embedded_visual.flatten(2).mT
        audio = self.pool(embedded_audio)[:, None].expand(-1, cells.shape[1], -1)
        none, with_own = self.classify(audio, cells).float().unbind(-1)
        return (with_own - none).unflatten(1, embedded_visual.shape[-2:])

    def forward(self, embedded_audio: Tensor, embedded_visual: Tensor) -> Tensor:
        """Logits [N, 2] of E_a [N, c, t, f] and E_v [N, c, h, w]."""
        return self.classify(self.pool(embedded_audio), self.pool(embedded_visual))

    def paired_logits(
        self, embedded_audio: Tensor, embedded_visual: Tensor, clips: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of each clip's pair, and of its sound with the previous clip's image.

        The batch is the global one: images are rolled by one across all processes.

        Args:
            embedded_audio: E_a [n, c, t, f].
            embedded_visual: E_v [n, c, h, w].
            clips: long [n], one number per video; a pair within a video is not a mismatch.

        Returns:
            Logits of the matching pairs [N, 2], of the rolled ones [N, 2], and bool [N]: whether
            the rolled image is from another video. N counts the clips of all processes, in the
            order of single-process training.
        """
        audio = _global_order(self.pool(embedded_audio))
        visual = _global_order(self.pool(embedded_visual))
        clips = _global_order(clips)
        with_own = self.classify(audio, visual)
        rolled = self.classify(audio, visual.roll(1, 0))
        return with_own, rolled, clips != clips.roll(1, 0)

    def loss(self, embedded_audio: Tensor, embedded_visual: Tensor, clips: Tensor) -> Tensor:
        """Eq. 2, averaged over matching and mismatched pairs, times the weight."""
        with_own, rolled, other = self.paired_logits(embedded_audio, embedded_visual, clips)
        logits = torch.cat([with_own, rolled[other]]).float()
        target = torch.cat([clips.new_ones(len(with_own)), clips.new_zeros(int(other.sum()))])
        return self.loss_weight * F.cross_entropy(logits, target)

    @torch.no_grad()
    def correspondence(
        self, embedded_audio: Tensor, embedded_visual: Tensor, clips: Tensor
    ) -> Tensor:
        """Probability of correspondence of the matching and the rolled pairs of this process.

        Returns:
            [N, 2]; nan in the second column if the batch has only one video.
        """
        visual, audio = self.pool(embedded_visual), self.pool(embedded_audio)
        with_own = self.classify(audio, visual).float().softmax(1)[:, 1]
        rolled = self.classify(audio, visual.roll(1, 0)).float().softmax(1)[:, 1]
        rolled = rolled.masked_fill(clips == clips.roll(1, 0), torch.nan)
        return torch.stack([with_own, rolled], dim=1)


def _global_order(tensor: Tensor) -> Tensor:
    """Gather from all processes, in the order in which the sampler distributed the samples."""
    processes = world_size()
    if processes == 1:
        return tensor
    gathered = gather_cat(tensor)
    if len(gathered) != processes * len(tensor):
        raise ConfigError(
            f'process {rank()} has {len(tensor)} of {len(gathered)} clips; training in several '
            'processes needs batches of equal size: set drop_last=True in the train dataloader'
        )
    return gathered.unflatten(0, (processes, -1)).transpose(0, 1).flatten(0, 1)
