"""A localizer that combines pretrained classifiers, without training."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ..label_groups import BaseGroups
from ..map_transforms import MapContext, resize_maps
from .base_localizer import BaseLocalizer, stack_tags, store_maps
from .finer_names import FinerNames
from .label_maps import best_label, family_members, rivalry, scaled, unit_range

#: The smallest probability that differs from 0.
_LEAST = 1e-5
#: Class activation of a class without labels: neutral evidence.
_NEUTRAL = 2.0
#: How much less audio evidence for a family alone counts for its best class, as a logit.
_SHARED = 2.0


class DenseClassifier(Protocol):
    """What is used of a :class:`~mmavl.taggers.visual.BaseDenseClassifier`."""

    labels: Sequence[str]
    stride: int
    sizes: Sequence[int]

    def __call__(self, image: Tensor, /) -> Tensor:
        """Logits [N, L, h, w] of images [N, 3, H, W]."""


@MODELS.register_module()
class TrainingFreeLocalizer(BaseLocalizer):
    """An audio tagger recognises sounds, image classifiers locate them; nothing is trained.

    Two tables map the labels of the pretrained networks to C classes. ``a`` is the logit of a
    class's best label in the sound; ``m``, its map, is the class activation of its best label in
    the image, averaged over sizes and classifiers. The probability that the class sounds is
    ``sigmoid(audio_weight * a + visual_weight * min(max(m), visual_limit) - rival_weight * r +
    bias)``. The limit prevents objects in plain sight from being reported for that reason alone.
    ``r`` is how far a more likely class exceeds it at the maximum of ``m``, since an object has
    only one class.

    The map of a family is the maximum of ``audio_weight * a + visual_weight * m`` over its
    classes, so that among several visible instruments the audible one has the peak. Audio
    evidence for the family alone raises all of its classes equally.

    Args:
        classes (Sequence[str]): The C classes and families.
        tagger (dict): Config of an audio tagger.
        classifiers (Sequence[dict]): Configs of dense image classifiers.
        audio_groups (dict): Config of the mapping from the tagger's labels to the classes.
        visual_groups (dict): Config of the mapping from the classifiers' labels.
        families (Mapping[str, Sequence[str]]): Family -> its classes. Defaults to none.
        kinds (Mapping[str, Sequence[str]]): Class -> its finer names, K in total, with labels in
            the tables, too; see :class:`.finer_names.FinerNames`. Defaults to none.
        sizes (Sequence[int]): Shorter sides in pixels at which images are classified; the aspect
            ratio is kept. Defaults to (256, 448).
        grid (int): Height and width of the maps. Defaults to 56.
        audio_weight, visual_weight, rival_weight, bias (float): See the formula. The defaults
            were chosen on real clips with YAMNet and EfficientNet-Lite0 and Lite2.
        visual_limit (float): The largest ``m`` that counts as evidence for a sound. Defaults
            to 16, chosen like the weights.
        visible_from (float): Maximum of ``m`` at which a class is visible with probability 0.5.
            Defaults to 9.
        data_preprocessor (dict, optional): Defaults to ``MixedSizePreprocessor``, which
            checks that sounds have the tagger's sample rate.
        **kwargs: ``map_transforms`` and ``init_cfg``, as for :class:`BaseLocalizer`.

    Raises:
        ConfigError: A table does not fit the labels or classes, or a class has no label.

    Source: class activation maps of B. Zhou et al., CVPR 2016; section 4.3 of the paper combines
    the same kinds of labels.
    """

    #: Maps of a class with a lower visual probability than this are not shown.
    visual_threshold = 0.5
    maps_of_likely = True

    members: Tensor
    audio_table: Tensor

    def __init__(
        self,
        classes: Sequence[str],
        tagger: dict,
        classifiers: Sequence[dict],
        audio_groups: dict,
        visual_groups: dict,
        families: Mapping[str, Sequence[str]] | None = None,
        kinds: Mapping[str, Sequence[str]] | None = None,
        sizes: Sequence[int] = (256, 448),
        grid: int = 56,
        audio_weight: float = 0.6,
        visual_weight: float = 0.15,
        rival_weight: float = 0.9,
        bias: float = -1.2,
        visual_limit: float = 16.0,
        visible_from: float = 9.0,
        data_preprocessor: dict | None = None,
        **kwargs,
    ) -> None:
        hears = MODELS.build(tagger)
        usual = {'type': 'MixedSizePreprocessor', 'sample_rate': hears.sample_rate}
        super().__init__(MODELS.build(data_preprocessor or usual), **kwargs)
        self.classes = list(classes)
        self.tagger = hears
        self.classifiers = nn.ModuleList(MODELS.build(c) for c in classifiers)
        self.sizes = tuple(sizes)
        self.grid = grid
        self.audio_weight, self.visual_weight = audio_weight, visual_weight
        self.rival_weight, self.bias = rival_weight, bias
        self.visual_limit, self.visible_from = visual_limit, visible_from
        try:
            members = family_members(self.classes, dict(families or {}))
        except KeyError as error:
            raise ConfigError(f'{error} in families is not a class of the model') from error
        self.kinds = FinerNames(self.classes, kinds or {})
        self.register_buffer('members', members, persistent=False)
        self.family_numbers = (members.sum(1) > 1).nonzero()[:, 0].tolist()
        self._set_tables(MODELS.build(audio_groups), MODELS.build(visual_groups))
        self.eval()

    def _set_tables(self, audio_groups: BaseGroups, visual_groups: BaseGroups) -> None:
        names = [*self.classes, *self.kinds.names]
        lists = list(dict.fromkeys(tuple(c.labels) for c in self._dense_classifiers))
        audio = torch.from_numpy(audio_groups(self.tagger.labels, names) > 0)
        visual_labels = [label for labels in lists for label in labels]
        visual = torch.from_numpy(visual_groups(visual_labels, names) > 0)
        self._check_labels(names, audio.any(0) | visual.any(0))
        self.register_buffer('audio_table', self.kinds.complete(audio), persistent=False)
        tables = self.kinds.complete(visual).split([len(labels) for labels in lists])
        for number, classifier in enumerate(self._dense_classifiers):
            table = tables[lists.index(tuple(classifier.labels))].clone()
            self.register_buffer(f'visual_table_{number}', table, persistent=False)

    def _check_labels(self, names: Sequence[str], labelled: Tensor) -> None:
        missing = {*(~labelled).nonzero()[:, 0].tolist()} - {*self.family_numbers}
        if missing:
            listed = ', '.join(names[n] for n in sorted(missing))
            raise ConfigError(
                f'no network has a label for {listed}: '
                'add labels to audio_groups or visual_groups, or remove the class'
            )

    @property
    def _dense_classifiers(self) -> list[DenseClassifier]:
        return cast(list[DenseClassifier], list(self.classifiers))

    @property
    def visual_tables(self) -> list[Tensor]:
        """For each classifier, which label belongs to which class or kind: bool [L, C + K]."""
        return [getattr(self, f'visual_table_{n}') for n in range(len(self.classifiers))]

    def train(self, mode: bool = True) -> 'TrainingFreeLocalizer':
        """Stay in evaluation mode, since nothing is trained."""
        return super().train(False)

    def audio_logits(self, waveform: Tensor) -> Tensor:
        """Logits of classes and kinds for whole sounds: [N, S] -> [N, C + K].

        Moments in which a label is likely count more, so that a short sound is not averaged away
        by the silence around it.
        """
        probs = self.tagger(waveform).float().sigmoid()
        pooled = probs.square().sum(1) / probs.sum(1).clamp_min(1e-7)
        return best_label(pooled.logit(_LEAST), self.audio_table, math.log(_LEAST))

    def class_activations(self, image: Tensor) -> Tensor:
        """Class activation of classes and kinds: [3, H, W] in 0-255 -> [C + K, grid, grid].

        A class without labels has a constant map.
        """
        count = self.audio_table.shape[1]
        total = image.new_zeros(count, self.grid, self.grid)
        known = image.new_zeros(count, 1, 1)
        for classifier, table in zip(self._dense_classifiers, self.visual_tables):
            sizes = classifier.sizes or self.sizes
            for size in sizes:
                logits = classifier(scaled(image, size, classifier.stride)[None]).float()
                total += resize_maps(best_label(logits, table, 0.0)[0], (self.grid, self.grid))
            known += len(sizes) * table.any(0)[:, None, None]
        return torch.where(known > 0, total / known.clamp_min(1), _NEUTRAL)

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Logits and maps.

        Returns:
            dict: ``audio_logits`` [N, C], ``visual_logits`` [N, C], joint ``logits`` [N, C],
            ``maps`` [N, C, grid, grid] from 0 to 1, and ``kinds`` [N, K], the
            probability of each kind given that its class sounds.
        """
        count = len(self.classes)
        audio = self.audio_logits(inputs['waveform'])
        maps = torch.stack([self.class_activations(image) for image in inputs['image']])
        kinds = [
            self.kinds(self._join(logits, class_maps)) for logits, class_maps in zip(audio, maps)
        ]
        audio, maps = audio[:, :count], maps[:, :count]
        fused = [self._fuse(logits, class_maps) for logits, class_maps in zip(audio, maps)]
        visual = [self._visible(class_maps) for class_maps in maps]
        return {
            'audio_logits': audio,
            'visual_logits': torch.stack(visual),
            'logits': torch.stack([self._logits(a, m) for a, m in zip(audio, maps)]),
            'maps': torch.stack([unit_range(heat) for heat in fused]),
            'kinds': torch.stack(kinds),
        }

    def _join(self, audio: Tensor, maps: Tensor) -> Tensor:
        """Joint audio and visual evidence per cell: [C], [C, h, w] -> [C, h, w]."""
        return self.audio_weight * audio[:, None, None] + self.visual_weight * maps

    def _fuse(self, audio: Tensor, maps: Tensor) -> Tensor:
        """Joint evidence, with families computed from their classes."""
        fused = self._join(audio, maps)
        for family in self.family_numbers:
            members = self.members[family]
            is_family = members.nonzero()[:, 0] == family
            logits = audio[members].masked_fill(is_family, -torch.inf)
            logits = logits + (audio[family] - _SHARED - logits.amax()).relu()
            logits[is_family] = audio[family] - _SHARED
            fused[family] = self._join(logits, maps[members]).amax(0)
        return fused

    @property
    def known(self) -> Tensor:
        """Which classes have a label in a classifier, bool [C]."""
        count = len(self.classes)
        return torch.stack([table[:, :count].any(0) for table in self.visual_tables]).any(0)

    def _visible(self, maps: Tensor) -> Tensor:
        """The largest activation among each class or family's classes: [C, h, w] -> [C]."""
        peaks = maps.flatten(1).amax(1).masked_fill(~self.known, -torch.inf)
        best = peaks[None].where(self.members, peaks.new_tensor(-torch.inf)).amax(1)
        return best.clamp_min(-30.0)

    def _logits(self, audio: Tensor, maps: Tensor) -> Tensor:
        """Logits that the classes sound: [C], [C, h, w] -> [C]."""
        peaks = maps.flatten(1).amax(1).clamp_max(self.visual_limit)
        logits = self._fuse(audio, peaks[:, None, None])[:, 0, 0] + self.bias
        other = ~self.known  # families, and classes without a map
        other[self.family_numbers] = True
        rival = rivalry(maps, logits.masked_fill(other, -torch.inf)).masked_fill(other, 0.0)
        return logits - self.rival_weight * rival

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Not available, since nothing is trained.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError('TrainingFreeLocalizer cannot be trained: use it for tests or inference')

    @torch.no_grad()
    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Fill joint tags, visual tags, and maps.

        Maps are stored for the classes in ``gt_tags``, for all with a probability of at least 0.1
        and for the best one.
        """
        results = self.extract(inputs)
        probs = results['logits'].sigmoid()
        wanted = (stack_tags(data_samples).to(probs) > 0.5) | (probs > 0.1)
        best = probs.argmax(1)
        wanted[torch.arange(len(best)), best] = True
        for index, sample in enumerate(data_samples):
            sample.pred_tags = probs[index]
            sample.pred_visual_tags = (
                (results['visual_logits'][index] - self.visible_from) / 2
            ).sigmoid()
            sample.pred_kinds = results['kinds'][index]
            sample.pred_labels = (sample.pred_tags > 0.5).nonzero()[:, 0]
        pairs = wanted.nonzero()
        maps = results['maps'][pairs[:, 0], pairs[:, 1]]
        maps = self.transform_maps(maps, MapContext(self, results, pairs, inputs))
        store_maps(data_samples, maps, pairs)
        return data_samples
