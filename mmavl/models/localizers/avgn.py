"""AVGN: audio-visual grouping by class tokens."""

from functools import partial

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import full_precision
from mmavl.utils.distributed import gather_cat

from ..map_transforms import MapContext
from .base_localizer import clip_numbers, stack_tags, store_maps, store_tags, valid_classes
from .similarity_localizer import SimilarityLocalizer, check_batch, matching_loss, similarities


@MODELS.register_module()
class AVGN(SimilarityLocalizer):
    """Learned class tokens collect from sounds and pictures what belongs to their class.

    A :class:`TokenGrouping` of each modality turns the classes' tokens T into vectors
    ``g_a, g_v`` [C, d] of a clip. The map of class c is the cosine of ``g_a[c]`` with the
    picture's cells. **It is weakly supervised**: for each class c that a clip's tags name,
    ``g_a[c]`` and the most similar cell of the own picture are contrasted with those of other
    clips, as in :class:`EZVSL`; T must tell the classes apart, and ``g_a`` and ``g_v`` the tags.

    Predictions are by class, for the tags asked for and for those that ``g_a`` predicts; in the
    published code only the tags choose the map.

    Differences from the published code: ``g_a`` has length 1 in the contrast, so that its
    temperature means the same as EZ-VSL's; a clip takes part with all its tags, and the dataset's
    mixtures are used, where there a second clip's sound is added to one with one tag; copies of
    a clip are no negatives, and the batch is that of all processes; linear layers start as
    PyTorch's do, which at the published width is the published 0.02, and at others fits them.

    Args:
        num_classes: C.
        channels: d, of the vectors that both necks give.
        depth: Transformer blocks of a grouping. Defaults to 3.
        num_heads: Of them. Defaults to 8.
        temperature: Defaults to 0.03.
        valid_threshold: A class is predicted above this probability; the best class always is.
            Defaults to 0.3.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Raises:
        ConfigError: The clips have no tags, or of another number of classes, or a batch in
            training has one clip.

    Source: S. Mo and Y. Tian, "Audio-visual grouping network for sound localization from
    mixtures", CVPR 2023, Eq. 2 to 9.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int,
        depth: int = 3,
        num_heads: int = 8,
        temperature: float = 0.03,
        valid_threshold: float = 0.3,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.temperature = temperature
        self.valid_threshold = valid_threshold
        self.tokens = nn.Parameter(torch.zeros(num_classes, channels))
        self.audio_grouping = TokenGrouping(num_classes, channels, depth, num_heads)
        self.visual_grouping = TokenGrouping(num_classes, channels, depth, num_heads)
        self.token_classes = nn.Linear(channels, num_classes)
        self.audio_prob = nn.Linear(channels, 1)
        self.visual_prob = nn.Linear(channels, 1)
        for layer in (self.token_classes, self.audio_prob, self.visual_prob):
            nn.init.zeros_(layer.bias)

    @property
    def trains_on(self) -> tuple[str, ...]:
        """Tags: it is weakly supervised."""
        return ('tags',)

    @property
    def needs_classes(self) -> bool:
        """It has a map of each class."""
        return True

    def group(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """The grouped vectors g_a and g_v [N, C, d], and the cells' unit vectors [N, d, h, w]."""
        audio, visual = self.embed(inputs)
        sounds = self.audio_grouping(audio[:, None], self.tokens)
        objects = self.visual_grouping(visual.flatten(2).mT, self.tokens)
        return sounds.float(), objects.float(), visual

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """The grouped vectors, the cells and the logits of the tags [N, C]."""
        sounds, objects, visual = self.group(inputs)
        return {
            'audio': sounds,
            'visual': visual,
            'audio_tag_logits': self.audio_prob(sounds)[..., 0],
            'visual_tag_logits': self.visual_prob(objects)[..., 0],
        }

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """The contrast over the batch of all processes, and the classes of tokens and clips."""
        features = self.extract(inputs)
        tags = self._tags(data_samples).to(features['visual'].device)
        visual_tags = stack_tags(data_samples, 'gt_visual_tags').to(tags)
        names = torch.arange(self.num_classes, device=tags.device)
        with full_precision(tags.device):
            return {
                **self._contrast_of_batch(features, tags > 0.5, data_samples),
                'loss_token': F.cross_entropy(self.token_classes(self.tokens), names),
                'loss_audio_tag': F.binary_cross_entropy_with_logits(
                    features['audio_tag_logits'].float(), tags
                ),
                'loss_visual_tag': F.binary_cross_entropy_with_logits(
                    features['visual_tag_logits'].float(), visual_tags
                ),
            }

    def _contrast_of_batch(
        self, features: dict[str, Tensor], tagged: Tensor, samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """The contrast over all processes; ``tagged`` [N, C] says which sounds there are."""
        local = (
            F.normalize(features['audio'][tagged], dim=1),
            features['visual'],
            clip_numbers(samples, tagged.device),
            tagged.sum(1),
        )
        sounds, visual, clips, counts = (gather_cat(tensor) for tensor in local)
        check_batch(clips, type(self).__name__)
        owners = torch.arange(len(clips), device=clips.device).repeat_interleave(counts)
        return self.contrast(sounds, visual, clips, owners)

    def contrast(
        self, audio: Tensor, visual: Tensor, clips: Tensor, owners: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Contrast each sound with the most similar cell of each picture, in both directions.

        Args:
            audio: Unit vectors of P sounds [P, d].
            visual: Unit vectors of N pictures' cells [N, d, h, w].
            clips: Numbers of the pictures' clips, long [N].
            owners: The picture of each sound, long [P]; sounds of one clip are no negatives of
                each other. Defaults to None: one sound for each picture.

        Raises:
            ConfigError: There is no sound.
        """
        owners = torch.arange(len(clips), device=clips.device) if owners is None else owners
        if not len(owners):
            raise ConfigError(_NO_TAGS)
        logits = similarities(audio, visual).amax((-2, -1)) / self.temperature
        sounds_clips, pictures = clips[owners], torch.arange(len(clips), device=clips.device)
        copies = (sounds_clips[:, None] == clips) & (owners[:, None] != pictures)
        to_pictures = F.cross_entropy(logits.T.masked_fill(copies, -torch.inf), owners)
        return {'loss_contrast': matching_loss(logits[owners], sounds_clips) + to_pictures}

    def _tags(self, samples: list[AVDataSample]) -> Tensor:
        """Tags [N, C]."""
        if any(sample.get('gt_tags') is None for sample in samples):
            raise ConfigError(_NO_TAGS)
        tags = stack_tags(samples)
        if tags.shape[1] != self.num_classes:
            raise ConfigError(
                f'AVGN has num_classes={self.num_classes}, but the clips have tags of '
                f'{tags.shape[1]}: set model.num_classes={tags.shape[1]}'
            )
        return tags

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Tags, and maps of the given and the predicted classes."""
        features = self.extract(inputs)
        audible = features['audio_tag_logits'].float().sigmoid()
        visible = features['visual_tag_logits'].float().sigmoid()
        predicted = valid_classes(audible, self.valid_threshold)
        store_tags(data_samples, audible, visible, predicted)
        asked = self._tags(data_samples).to(audible.device) > 0.5
        pairs = (asked | predicted).nonzero()
        with full_precision(audible.device):
            vectors = F.normalize(features['audio'][pairs[:, 0], pairs[:, 1]], dim=1)
            maps = self.localize(vectors, features['visual'][pairs[:, 0]])
        context = MapContext(self, features, pairs, inputs)
        store_maps(data_samples, self.transform_maps(maps, context), pairs)
        return data_samples


_NO_TAGS = (
    'AVGN learns from the classes that clips are tagged with, and these clips have no tags: '
    'tag them (tools/dataset_converters/pseudo_labels.py), or take a method without, such as EZVSL'
)


class TokenGrouping(nn.Module):
    """Class tokens that read a clip's features, and are assigned what is of their class.

    Tokens and features pass transformer blocks together. The tokens are then mixed, attend to
    the features, and take from each feature the share that a softmax over the *tokens* gives.

    Args:
        count: Number of tokens, C.
        channels: d.
        depth, num_heads: Of the transformer.

    Shape:
        - input: features [N, n, d], tokens [C, d]
        - output: [N, C, d]

    Source: GroupViT's grouping block (J. Xu et al., CVPR 2022), as AVGN has it.
    """

    def __init__(self, count: int, channels: int, depth: int, num_heads: int) -> None:
        super().__init__()
        block = partial(Block, channels, num_heads, qkv_bias=True, drop_path=0.1)
        self.blocks = nn.Sequential(*(block() for _ in range(depth)))
        self.norm_tokens = nn.LayerNorm(channels)
        self.norm_features = nn.LayerNorm(channels)
        self.mixing = mlp(count, 256)
        self.norm_mixed = nn.LayerNorm(channels)
        self.reading = nn.MultiheadAttention(channels, num_heads, batch_first=True)
        self.norm_read = nn.LayerNorm(channels)
        self.read_mlp = mlp(channels, 4 * channels)
        self.norm_query = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)
        self.norm_grouped = nn.LayerNorm(channels)
        self.grouped_mlp = mlp(channels, 4 * channels)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Group the features."""
        count = features.shape[1]
        together = torch.cat([features, tokens.expand(len(features), -1, -1)], dim=1)
        features, tokens = self.blocks(together).split([count, len(tokens)], dim=1)
        features = self.norm_features(features)
        tokens = self.norm_mixed(self.mixing(self.norm_tokens(tokens).mT).mT)
        tokens = tokens + self.reading(tokens, features, features, need_weights=False)[0]
        tokens = self.norm_query(tokens + self.read_mlp(self.norm_read(tokens)))
        grouped = tokens + self.out(self.assign(tokens, features))
        return grouped + self.grouped_mlp(self.norm_grouped(grouped))

    def assign(self, tokens: Tensor, features: Tensor) -> Tensor:
        """What each token is assigned of the features: [N, C, d], [N, n, d] -> [N, C, d].

        Each feature is shared out over the tokens; a token's shares are divided by their sum
        and 1.
        """
        scores = self.query(tokens) @ self.key(features).mT / tokens.shape[-1] ** 0.5
        shares = scores.softmax(1)
        return shares / (shares.sum(2, keepdim=True) + 1) @ self.value(features)


def mlp(channels: int, hidden: int) -> nn.Sequential:
    """Two linear layers with a GELU between."""
    return nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))
