"""A localizer made of pretrained classifiers, without any training."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from .base_localizer import BaseLocalizer, stack_tags, store_maps

#: Logit of what no classifier can say anything about.
_NEVER = -30.0


@MODELS.register_module()
class TrainingFreeLocalizer(BaseLocalizer):
    """An audio tagger says what sounds, image classifiers say where it is; nothing is trained.

    Two tables join the labels of the pretrained networks to the classes. The map of a class is
    the class activation of its best label, averaged over sizes of the picture and over
    classifiers. A family of classes has a map too: that of its classes, weighted by how likely
    each of them is heard.

    Args:
        classes (Sequence[str]): The C names: classes, and families of them.
        tagger (dict): Config of an audio tagger.
        classifiers (Sequence[dict]): Configs of dense image classifiers.
        audio_groups (dict): Config of the mapping from the tagger's labels to the classes.
        visual_groups (dict): Config of that from the classifiers' labels, all of them in a row.
        families (Mapping[str, Sequence[str]]): Family -> its classes. Defaults to none.
        sizes (Sequence[int]): Shorter sides in pixels at which a picture is looked at; the aspect
            ratio is kept. Defaults to (256, 384, 512).
        grid (int): Height and width of the maps. Defaults to 56.
        data_preprocessor (dict, optional): Defaults to ``MixedSizePreprocessor``.

    Raises:
        ConfigError: A table does not fit the labels or the classes.

    Source: class activation maps of B. Zhou et al., CVPR 2016; the paper's section 4.3 joins the
    same kinds of labels.
    """

    def __init__(
        self,
        classes: Sequence[str],
        tagger: dict,
        classifiers: Sequence[dict],
        audio_groups: dict,
        visual_groups: dict,
        families: Mapping[str, Sequence[str]] | None = None,
        sizes: Sequence[int] = (256, 384, 512),
        grid: int = 56,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor or {'type': 'MixedSizePreprocessor'})
        self.classes = list(classes)
        self.tagger = MODELS.build(tagger)
        self.classifiers = torch.nn.ModuleList(MODELS.build(c) for c in classifiers)
        self.sizes = tuple(sizes)
        self.grid = grid
        self._set_tables(audio_groups, visual_groups, families or {})

    def _set_tables(
        self, audio_groups: dict, visual_groups: dict, families: Mapping[str, Sequence[str]]
    ) -> None:
        labels = [label for c in self.classifiers for label in c.labels]
        audio = MODELS.build(audio_groups)(self.tagger.labels, self.classes)
        visual = MODELS.build(visual_groups)(labels, self.classes)
        members = torch.zeros(len(self.classes), len(self.classes), dtype=torch.bool)
        for family, names in families.items():
            for name in names:
                if name not in self.classes:
                    raise ConfigError(f'{name!r}, in the family {family!r}, is not a class')
                members[self.classes.index(family), self.classes.index(name)] = True
        for name, table in (('audio_table', audio), ('visual_table', visual)):
            self.register_buffer(name, torch.from_numpy(table) > 0, persistent=False)
        self.register_buffer('members', members, persistent=False)

    def hear(self, waveform: Tensor) -> Tensor:
        """Logits of the labels over the whole of sounds: [N, S] -> [N, L].

        Frames in which a label is likely count more: a short sound is not averaged away by the
        silence around it.
        """
        probs = self.tagger(waveform).sigmoid()
        pooled = probs.square().sum(1) / probs.sum(1).clamp_min(1e-7)
        return pooled.logit(1e-6)

    def look(self, image: Tensor) -> Tensor:
        """Class activation of the labels: a picture [3, H, W] -> logits [ΣL, grid, grid]."""
        return torch.cat([self._activation(c, image) for c in self.classifiers])

    def _activation(self, classifier: torch.nn.Module, image: Tensor) -> Tensor:
        maps = []
        for size in self.sizes:
            height, width = _size(image.shape[-2:], size, classifier.stride)
            scaled = F.interpolate(image[None], (height, width), mode='bilinear', antialias=True)
            logits = classifier(scaled)
            maps.append(F.interpolate(logits, (self.grid, self.grid), mode='bilinear')[0])
        return torch.stack(maps).mean(0)

    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """``audio_logits`` [N, C], ``visual_logits`` [N, C] and ``maps`` [N, C, grid, grid]."""
        audio = _best(self.hear(inputs['waveform']).T, self.audio_table).T
        maps = torch.stack([_best(self.look(image), self.visual_table) for image in inputs['image']])
        return {'audio_logits': audio, 'visual_logits': maps.flatten(2).amax(2), 'maps': maps}


def _size(shape: Sequence[int], shorter: int, stride: int) -> tuple[int, int]:
    """Height and width of which the shorter is near a size, both multiples of the stride."""
    scale = shorter / min(shape)
    return tuple(max(stride, round(side * scale / stride) * stride) for side in shape)


def _best(logits: Tensor, table: Tensor) -> Tensor:
    """The greatest logit of each class's labels: [L, ...], [L, C] -> [C, ...]."""
    best = [
        logits[rows].amax(0) if len(rows) else torch.full_like(logits[0], _NEVER)
        for rows in (column.nonzero()[:, 0] for column in table.T)
    ]
    return torch.stack(best)
