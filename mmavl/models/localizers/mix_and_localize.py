"""Mix-and-Localize: a mixture's sounds find their pictures, and these the sounds."""

import torch
from mmengine.dist import get_world_size
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import full_precision

from ..spectrograms.decibel_mel import to_loudness
from .base_localizer import clip_numbers
from .similarity_localizer import SimilarityLocalizer


@MODELS.register_module()
class MixAndLocalize(SimilarityLocalizer):
    """A random walk from a mixture's sounds to k pictures and back to the sounds.

    Groups of k clips of a batch are mixed, twice, from two segments of their sounds. One head for
    each of k sounds makes a node of a mixture. With ``s_ij`` the largest cosine of picture i's
    cells with node j, the walk goes from the second mixture's nodes to pictures and on to the
    first one's, ``T = softmax_i(s2_ij / t) softmax_j(s1_ij / t)``, and must end at the head where
    it began: the loss is ``-mean_j log T_jj``. The map is the maximum of the nodes' maps.

    It mixes waveforms, so that features of sounds cannot be cached: the audio backbone runs in
    training, frozen (:class:`FrozenBackbone`) or not.

    Differences from the published code: the logarithm is computed without leaving the logarithmic
    domain; a group with two copies of a clip is left out; segments are brought to one loudness
    before they are mixed, and the mixture, too. Nothing compares a group with another, and a head
    that looks for any property by which pictures differ solves the walk without listening: the
    method is known to collapse so.

    Args:
        audio_neck: Config of one head; each of the k has weights of its own.
        sources: k. Defaults to 2.
        seconds: Length of a segment. Defaults to 0.96.
        temperature: t. Defaults to 0.07.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Raises:
        ConfigError: A batch has less than k clips, features of its sounds, or shorter sounds.

    Source: X. Hu, Z. Chen and A. Owens, CVPR 2022, Eq. 1 to 4.
    """

    published_names = {
        'vision_model.': 'visual_backbone.net.',
        'conv_v_1.': 'visual_neck.0.',
        'conv_v_2.': 'visual_neck.2.',
        'aud_model.': 'audio_backbone.net.',
        'aud_model.conv1_a.': 'audio_backbone.net.conv1.',
        'fc_a_1.': 'audio_neck.0.',
        'fc_a_2.': 'audio_neck.1.',
    }
    published_ignored = (
        'vision_model.conv1_a.',
        'vision_model.fc.',
        'aud_model.conv1.',
        'aud_model.fc.',
        'conv_av.',
        'stft.',
    )

    def __init__(
        self,
        audio_neck: dict,
        sources: int = 2,
        seconds: float = 0.96,
        temperature: float = 0.07,
        **kwargs,
    ) -> None:
        super().__init__(audio_neck=audio_neck, **kwargs)
        if sources < 2:
            raise ValueError(f'sources={sources} must be 2 or more')
        self.audio_neck = nn.ModuleList(MODELS.build(audio_neck) for _ in range(sources))
        self.sources = sources
        self.seconds = seconds
        self.temperature = temperature

    @property
    def least_batch(self) -> int:
        """A group in each process."""
        return self.sources * get_world_size()

    def nodes(self, audio_map: Tensor) -> Tensor:
        """Unit vectors of a map's sounds: [M, c, t, f] -> [M, k, d]."""
        vectors = torch.stack([head(audio_map) for head in self.audio_neck], dim=1)
        return F.normalize(vectors.float(), dim=2)

    def cells(self, inputs: dict[str, Tensor]) -> Tensor:
        """Unit vectors of the picture's cells, [N, d, h, w]."""
        return F.normalize(self.visual_neck(self.visual_map(inputs)).float(), dim=1)

    def embed(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Unit vectors, float32: the sound's nodes [N, k, d], and the cells [N, d, h, w]."""
        return self.nodes(self.audio_map(inputs)), self.cells(inputs)

    def localize(self, audio: Tensor, visual: Tensor) -> Tensor:
        """The maximum of the nodes' maps, [N, h, w]."""
        return torch.einsum('nkd,ndhw->nkhw', audio, visual).amax(1)

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """The loss over the groups of this process; clips that fill no group are left out."""
        count = len(data_samples) // self.sources * self.sources
        if not count:
            raise ConfigError(
                f'MixAndLocalize mixes the sounds of {self.sources} clips, and this batch has '
                f'{len(data_samples)}: set train_dataloader.batch_size to a multiple of '
                f'{self.sources}, and drop_last=True'
            )
        mixtures = self.mix(inputs, count)
        nodes = self.nodes(self.audio_backbone(self.data_preprocessor.spectrogram(mixtures)))
        cells = self.cells(inputs)[:count].unflatten(0, (-1, self.sources))
        clips = clip_numbers(data_samples[:count], cells.device).view(-1, self.sources)
        with full_precision(cells.device):
            return self.contrast(nodes.unflatten(0, (2, -1)), cells, clips)

    def mix(self, inputs: dict[str, Tensor], count: int) -> Tensor:
        """Means of two random segments of each group's sounds, [2 count / k, samples]."""
        if 'waveform' not in inputs:
            raise ConfigError(
                'MixAndLocalize mixes waveforms, but the sound features are cached: replace '
                'CachedBackbone by FrozenBackbone in model.audio_backbone'
            )
        waves = inputs['waveform'][:count]
        length = round(self.seconds * self.data_preprocessor.spectrogram.sample_rate)
        rest = waves.shape[1] - length
        if rest < 0:
            raise ConfigError(
                f'the sounds have {waves.shape[1]} samples, but MixAndLocalize needs {length} '
                f'(seconds={self.seconds}): increase the seconds of CropPadAudio'
            )
        starts = torch.randint(rest + 1, (2, count)).tolist()
        cut = [[wave[at : at + length] for at, wave in zip(row, waves)] for row in starts]
        segments = to_loudness(torch.stack([torch.stack(row) for row in cut]), rms=0.1)
        return segments.unflatten(1, (-1, self.sources)).mean(2).flatten(0, 1)

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """The loss of the random walk.

        Args:
            audio: Nodes of the first and the second mixture [2, G, k, d].
            visual: Cells of each group's pictures [G, k, d, h, w].
            clips: Numbers of each group's clips, long [G, k].
        """
        peaks = torch.einsum('mgjd,gidhw->mgijhw', audio, visual).amax((-2, -1))
        first, second = peaks / self.temperature
        # log T_jj: from the second mixture's node j over picture i to the first one's node j
        back = torch.logsumexp(second.log_softmax(1) + first.log_softmax(2), dim=1)
        ordered = clips.sort(1).values
        distinct = (ordered[:, 1:] != ordered[:, :-1]).all(1)
        return {'loss_walk': -(back.mean(1) * distinct).sum() / distinct.sum().clamp_min(1)}
