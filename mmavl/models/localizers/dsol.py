"""DSOL: a dictionary of objects, and maps of those that sound."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import full_precision
from mmavl.utils.distributed import gather_cat

from ..map_transforms import MapContext
from .base_localizer import clip_numbers, stack_tags, store_maps, store_tags, valid_classes
from .similarity_localizer import SimilarityLocalizer, check_batch, other_clips, similarities


@MODELS.register_module()
class DSOL(SimilarityLocalizer):
    """Learn objects from clips with one sound, then find those that sound where there are several.

    The map is ``l = sigmoid(w <v, a>)``. *Stage 1*, on solos: its maximum says whether sound and
    picture are of one clip. :class:`mmavl.engine.hooks.ObjectDictionaryHook` clusters what the
    maps single out; the clusters' means are the dictionary, and the clusters are pseudo-classes
    that both backbones' features are classified into. *Stage 2*, from stage 1's checkpoint, on
    mixtures: with F the visual backbone's map, ``s_k = affine(cos(F, o_k)) l`` is where object k
    sounds, and the sound's class distribution is that of the means of s_k over the cells.

    Stage 1 predicts the map of the whole sound. Stage 2 predicts maps by class,
    ``softmax_k(3 s)``, in which silent objects are suppressed, where the hook has matched clusters
    to classes. **The matching uses the tags of the training clips**, as in the paper; without it
    the map is that of the whole sound, the mean of s weighted by the sound's distribution.

    Differences from the published code: location and classification are trained together, not
    in turn, by labels of the nearest centre, and later clusters start at the former ones', so
    that classifiers need not begin anew; in stage 2 the audio backbone and its classifier are
    frozen, and so their own copy that gives the target; every other clip of the batch (of all
    processes) is a negative, without copies; the affine map is of cosines, where inner products
    are published: an object's features are means over all cells, so that large objects, whose
    features are longer, would be found everywhere.

    Args:
        clusters: K.
        audio_neck, visual_neck: Configs of :class:`PooledProjection` and :class:`Projection`.
        stage: 1 or 2.
        sharpness: What w starts at. Defaults to 5.
        object_sharpness: What the affine map's factor starts at, in stage 1, whose checkpoint has
            it. Defaults to 100.
        mask_threshold: Cells above it, and their neighbours, are the object. It must be above the
            map's value in the background, else backgrounds are clustered. Defaults to 0.05.
        valid_threshold: In stage 2, classes are predicted above this probability; the best
            class always is. Defaults to 0.3.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Source: D. Hu et al., "Discriminative sounding objects localization via self-supervised
    audiovisual matching", NeurIPS 2020, Eq. 1 to 9.
    """

    dictionary: Tensor
    centres: Tensor
    class_of: Tensor

    def __init__(
        self,
        clusters: int,
        audio_neck: dict,
        visual_neck: dict,
        stage: int = 1,
        sharpness: float = 5.0,
        object_sharpness: float = 100.0,
        mask_threshold: float = 0.05,
        valid_threshold: float = 0.3,
        **kwargs,
    ) -> None:
        super().__init__(audio_neck=audio_neck, visual_neck=visual_neck, **kwargs)
        visual_channels = cast(int, self.visual_neck.in_channels)
        if stage not in (1, 2):
            raise ValueError(f'stage={stage} must be 1 or 2')
        self.stage = stage
        self.mask_threshold = mask_threshold
        self.valid_threshold = valid_threshold
        self.scale = nn.Parameter(torch.tensor(sharpness))
        self.affine = nn.Parameter(torch.tensor([object_sharpness, 0.0]))
        self.visual_classes = nn.Linear(visual_channels, clusters)
        self.audio_classes = nn.Linear(self.audio_neck.in_channels, clusters)
        for layer in (self.visual_classes, self.audio_classes):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        self.register_buffer('dictionary', torch.zeros(clusters, visual_channels))
        self.register_buffer('centres', torch.zeros(clusters, visual_channels))
        self.register_buffer('class_of', torch.full((clusters,), -1))
        unused = [self.affine] if stage == 1 else self._frozen_in_stage_2()
        for parameter in unused:
            parameter.requires_grad_(False)

    def _frozen_in_stage_2(self) -> list[nn.Parameter]:
        parts = (self.audio_backbone, self.audio_classes, self.visual_classes)
        return [parameter for part in parts for parameter in part.parameters()]

    def train(self, mode: bool = True) -> 'DSOL':
        """In stage 2 the audio backbone stays in evaluation mode."""
        super().train(mode)
        if self.stage == 2:
            self.audio_backbone.eval()
        return self

    @property
    def needs_classes(self) -> bool:
        """In stage 2, where clusters have been matched to classes."""
        return self.stage == 2 and bool((self.class_of >= 0).any())

    # --------------------------------------------------------------------- parts

    def _both(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The backbones' maps of sound and picture, and the unit vectors of both."""
        sound, picture = self.audio_map(inputs), self.visual_map(inputs)
        audio = F.normalize(self.audio_neck(sound).float(), dim=1)
        visual = F.normalize(self.visual_neck(picture).float(), dim=1)
        return sound.float(), picture.float(), audio, visual

    def localize(self, audio: Tensor, visual: Tensor) -> Tensor:
        """The map l of each clip's own sound, [N, h, w]."""
        return (self.scale * super().localize(audio, visual)).sigmoid()

    def object_features(self, inputs: dict[str, Tensor]) -> Tensor:
        """The mean of the picture's map over the cells of its sounding object, [N, c]."""
        _, picture, audio, visual = self._both(inputs)
        return masked_mean(picture, self.localize(audio, visual), self.mask_threshold)

    def object_maps(self, picture: Tensor, maps: Tensor) -> Tensor:
        """Where each object sounds, s: [N, c, h, w] and l [N, h, w] -> [N, K, h, w]."""
        weight, bias = self.affine
        units = F.normalize(self.dictionary, dim=1), F.normalize(picture, dim=1)
        scores = torch.einsum('kc,nchw->nkhw', *units)
        return (weight * scores + bias) * maps[:, None]

    def sound_distribution(self, sound: Tensor) -> Tensor:
        """Probabilities of the clusters by a sound's map: [N, c, t, f] -> [N, K]."""
        return self.audio_classes(sound.amax((-2, -1))).softmax(1)

    def set_dictionary(self, centres: Tensor, dictionary: Tensor, class_of: Tensor) -> None:
        """Take over what the hook has found.

        Args:
            centres: Means of each cluster's features of length 1, [K, c].
            dictionary: Means of its features, [K, c].
            class_of: The class of each cluster, long [K]; -1 for none.
        """
        self.centres.copy_(centres)
        self.dictionary.copy_(dictionary)
        self.class_of.copy_(class_of)

    # -------------------------------------------------------------------- losses

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Location over the batch of all processes, and classes.

        Raises:
            ConfigError: The batch has one clip, or stage 2 has no dictionary.
        """
        sound, picture, audio, visual = self._both(inputs)
        clips = clip_numbers(data_samples, audio.device)
        gathered = [gather_cat(tensor) for tensor in (audio, visual, clips)]
        check_batch(gathered[2], type(self).__name__)
        with full_precision(audio.device):
            losses = self.contrast(*gathered)
            if self.stage == 1:
                losses.update(self._pseudo_class_losses(sound, picture, audio, visual))
            else:
                losses['loss_classes'] = self._distribution_loss(sound, picture, audio, visual)
        return losses

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """Binary cross-entropy: own pairs are 1, those of other clips 0, by the map's maximum.

        In stage 2 every cell of another clip's map counts, after pooling 2 x 2 cells, and the
        loss has half of the weight.
        """
        logits = self.scale * similarities(audio, visual)
        peaks = logits.amax((-2, -1))
        own = F.softplus(-peaks.diagonal()).mean()
        if self.stage == 1:
            other = F.softplus(peaks)
        else:
            other = F.softplus(F.max_pool2d(logits, 2, ceil_mode=True)).mean((-2, -1))
        others = other_clips(clips)
        apart = (other * others).sum() / others.sum().clamp_min(1)
        return {'loss_location': (own + apart) / (2 * self.stage)}

    def _pseudo_class_losses(
        self, sound: Tensor, picture: Tensor, audio: Tensor, visual: Tensor
    ) -> dict[str, Tensor]:
        """Cross-entropy of both classifiers with the nearest centre; 0 before there are any."""
        with torch.no_grad():
            maps = self.localize(audio, visual)
            objects = F.normalize(masked_mean(picture, maps, self.mask_threshold), dim=1)
            labels = torch.cdist(objects, self.centres).argmin(1)
        known = float(self.dictionary.any())
        visual_logits = self.visual_classes(picture.mean((-2, -1)))
        audio_logits = self.audio_classes(sound.amax((-2, -1)))
        return {
            'loss_visual_class': known * F.cross_entropy(visual_logits, labels),
            'loss_audio_class': known * F.cross_entropy(audio_logits, labels),
        }

    def _distribution_loss(
        self, sound: Tensor, picture: Tensor, audio: Tensor, visual: Tensor
    ) -> Tensor:
        """Divergence of the objects' distribution from the sound's, divided by N K."""
        require_dictionary(self.dictionary)
        objects = self.object_maps(picture, self.localize(audio, visual)).mean((-2, -1))
        target = self.sound_distribution(sound).detach()
        divergence = F.kl_div(objects.log_softmax(1), target, reduction='batchmean')
        return divergence / target.shape[1]  # the published code averages over objects, too

    # --------------------------------------------------------------- predictions

    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """A map of the whole sound with label -1, or, in stage 2 with matched clusters, by class.

        Raises:
            ConfigError: Stage 2 has no dictionary.
        """
        if self.stage == 1:
            return super().predict(inputs, data_samples)
        require_dictionary(self.dictionary)
        sound, picture, audio, visual = self._both(inputs)
        with full_precision(audio.device):
            maps = (3 * self.object_maps(picture, self.localize(audio, visual))).softmax(1)
            probs = self.sound_distribution(sound)
        if not self.needs_classes:
            whole = torch.einsum('nk,nkhw->nhw', probs, maps)
            pairs = torch.tensor([[n, -1] for n in range(len(whole))], device=whole.device)
            return self._store(whole, pairs, (audio, visual), inputs, data_samples)
        tags = stack_tags(data_samples).to(audio.device)
        count = tags.shape[1]
        audible = self._by_class(probs, count)
        predicted = valid_classes(audible, self.valid_threshold)
        visible = self._by_class(self.visual_classes(picture.mean((-2, -1))).softmax(1), count)
        store_tags(data_samples, audible, visible, predicted)
        pairs = ((tags > 0.5) | predicted).nonzero()
        by_class = self._by_class(maps, count)[pairs[:, 0], pairs[:, 1]]
        return self._store(by_class, pairs, (audio, visual), inputs, data_samples)

    def _by_class(self, values: Tensor, count: int) -> Tensor:
        """Sums over each class's clusters: [N, K, ...] -> [N, C, ...]."""
        matched = self.class_of >= 0
        sums = values.new_zeros(len(values), count, *values.shape[2:])
        return sums.index_add(1, self.class_of[matched], values[:, matched])

    def _store(
        self,
        maps: Tensor,
        pairs: Tensor,
        units: tuple[Tensor, Tensor],
        inputs: dict[str, Tensor],
        samples: list[AVDataSample],
    ) -> list[AVDataSample]:
        context = MapContext(self, dict(zip(('audio', 'visual'), units)), pairs, inputs)
        store_maps(samples, self.transform_maps(maps, context), pairs)
        return samples


def masked_mean(features: Tensor, maps: Tensor, threshold: float) -> Tensor:
    """Sum over the cells whose map is above a threshold, and their neighbours, over all cells.

    Args:
        features: [N, c, h, w].
        maps: [N, h, w].
        threshold: See above.

    Returns:
        [N, c].
    """
    mask = (maps > threshold).to(features.dtype)[:, None]
    rows, columns = (F.max_pool2d(mask, k, 1, p) for k, p in (((3, 1), (1, 0)), ((1, 3), (0, 1))))
    return (features * torch.maximum(rows, columns)).mean((-2, -1))


def require_dictionary(dictionary: Tensor) -> None:
    """Check that stage 1 has left a dictionary.

    Raises:
        ConfigError: It is empty.
    """
    if not dictionary.any():
        raise ConfigError(
            'stage 2 of DSOL has no dictionary of objects: load a checkpoint of stage 1 that was '
            'trained with ObjectDictionaryHook (load_from=FILE)'
        )
