"""What is scored: which map against which boxes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmavl.errors import DataError

from .functional import (
    consensus_reference,
    min_max,
    resize_maps,
    union_reference,
    whole_audio_map,
)
from .predictions import Prediction
from .protocols import Protocol

#: Where a maximum can lie. A pixel in several kinds of boxes belongs to the last of them.
REGIONS = ('background', 'silent_unknown', 'silent_other', 'silent_same', 'other_sounding', 'own')


@dataclass
class Target:
    """A frame and one of its sounding classes, or a frame and all of its sound together.

    Attributes:
        frame (int): Index of the prediction.
        label (int): The sounding class; -1: the whole sound, against the union of the sounding
            boxes or a consensus map.
        level (int): Number of sounding annotated classes of the frame; 0: consensus map.
        boxes (dict[str, ndarray]): Boxes by kind (one of :data:`REGIONS`), float64 [n, 4].
    """

    frame: int
    label: int
    level: int
    boxes: dict[str, np.ndarray]


def build_targets(predictions: Sequence[Prediction], class_aware: bool) -> list[Target]:
    """List what is to be scored.

    A frame with annotators or a consensus map is one target; else each class with a sounding
    box is one, or all of them together where the model is class-agnostic or the protocol is. A
    frame without a sounding box gives none: it is listed and not evaluated.
    """
    targets = []
    for frame, p in enumerate(predictions):
        if p.annotators is not None or p.gt_map is not None:
            targets.append(Target(frame, -1, 0, {}))
            continue
        sounding = np.unique(p.box_labels[p.box_sounding]).tolist()
        together = p.class_agnostic or not class_aware
        for label in sounding[:1] if together else sounding:
            own = p.box_sounding if together else p.box_sounding & (p.box_labels == label)
            label = -1 if together else label
            targets.append(Target(frame, label, len(sounding), _boxes_by_region(p, own)))
    return targets


def _boxes_by_region(p: Prediction, own: np.ndarray) -> dict[str, np.ndarray]:
    families = set(p.box_families[own].tolist()) - {-1}
    silent = ~p.box_sounding
    same = silent & np.isin(p.box_families, list(families))
    other = silent & ~same & (p.box_families != -1) & bool(families)
    chosen = {
        'silent_unknown': silent & ~same & ~other,
        'silent_other': other,
        'silent_same': same,
        'other_sounding': p.box_sounding & ~own,
        'own': own,
    }
    return {region: p.boxes[mask] for region, mask in chosen.items() if mask.any()}


def target_reference(p: Prediction, target: Target, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """Reference and regions of a target on the protocol's grid.

    Returns:
        tuple[Tensor, Tensor]: g, float32 [size, size], and the index into :data:`REGIONS` of
        every pixel, uint8 [size, size].

    Raises:
        DataError: A box ends before it starts.
    """
    size = protocol.size
    try:
        if p.annotators is not None:
            reference = consensus_reference(torch.from_numpy(p.annotators), protocol.rounding)
            return reference, (reference > 0).byte() * REGIONS.index('own')
        if p.gt_map is not None:
            reference = resize_maps(torch.from_numpy(p.gt_map), size)
            return reference, (reference > 0).byte() * REGIONS.index('own')
        regions = torch.zeros(size, size, dtype=torch.uint8)
        for code, region in enumerate(REGIONS):
            if region in target.boxes:
                inside = union_reference(torch.from_numpy(target.boxes[region]), size)
                regions.masked_fill_(inside, code)
        return inside.float(), regions  # the last region is 'own', and every target has it
    except ValueError as error:
        raise DataError(f"clip '{p.clip_id}': {error}") from error


def target_map(
    p: Prediction,
    target: Target,
    tags: str,
    normalise: Callable[[Tensor], Tensor] | None = min_max,
) -> np.ndarray | None:
    """The model's answer to a target, float32 [h, w]; None for a class that it gave no map for.

    Args:
        p (Prediction): The frame.
        target (Target): One of its classes, or its whole sound.
        tags (str): 'given' or 'predicted' classes.
        normalise (Callable, optional): Normalises each class map of the whole sound, see
            :func:`~mmavl.evaluation.functional.whole_audio_map`.

    Raises:
        DataError: Predicted classes are asked for and the model predicts none.
    """
    if p.class_agnostic:
        return p.maps.max(0)  # several maps without classes: what any of them shows
    predicted = p.pred_labels if tags == 'predicted' else None
    if tags == 'predicted' and predicted is None:
        raise DataError(
            f"clip '{p.clip_id}' has no predicted classes: score it with the given tags only"
        )
    if target.label == -1:
        return _whole_audio(p, tags, normalise)
    if predicted is not None and target.label not in predicted:
        return None
    found = np.flatnonzero(p.map_labels == target.label)
    return p.maps[found[0]] if len(found) else None


def _whole_audio(
    p: Prediction, tags: str, normalise: Callable[[Tensor], Tensor] | None
) -> np.ndarray | None:
    """Section 4.3 over the given classes where there are any, else over the predicted ones."""
    given = np.flatnonzero(() if p.gt_tags is None else p.gt_tags > 0.5)
    valid = given if tags == 'given' and len(given) else p.pred_labels
    chosen = np.flatnonzero(np.isin(p.map_labels, [] if valid is None else valid))
    if not len(chosen):
        return None
    if p.pred_tags is None:
        weights = np.ones(len(chosen), np.float32)
    else:
        weights = p.pred_tags[p.map_labels[chosen]]
    maps = torch.from_numpy(p.maps[chosen])
    return whole_audio_map(maps, torch.from_numpy(weights), normalise).numpy()


def sums_class_maps(p: Prediction, class_aware: bool) -> bool:
    """Whether a frame is scored by one map that is the sum of several class maps."""
    together = not class_aware or p.annotators is not None or p.gt_map is not None
    return together and len(p.map_labels) > 1 and not p.class_agnostic
