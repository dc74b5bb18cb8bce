"""Score predictions under any number of protocols in one pass over the maps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmavl.errors import DataError

from .functional import (
    centred_disc,
    consensus_iou,
    mask_shares,
    peak_shares,
    whole_image,
)
from .predictions import Prediction
from .protocols import Protocol
from .targets import REGIONS, Target, build_targets, target_map, target_reference

#: Rows without any model, scored beside every method under its protocol.
TRIVIAL = {'whole_image': whole_image, 'centred_disc': centred_disc}
_CHUNK = 8  # targets at a time: their maps on a grid of 256 fit a processor's cache


@dataclass
class Scores:
    """Figures of P targets under one protocol.

    Attributes:
        row (str): 'model' or a key of :data:`TRIVIAL`.
        protocol (Protocol): The protocol.
        targets (list[Target]): What was scored, P of them, frame after frame.
        ciou (ndarray): float64 [P]; 0 where the model gave no map, nan where undefined.
        peaks (ndarray): float64 [P, R], the share of the map's maximum in each of
            :data:`~mmavl.evaluation.targets.REGIONS`; 0 everywhere where there is no map.
        has_map (ndarray): bool [P], whether the model gave a map.
    """

    row: str
    protocol: Protocol
    targets: list[Target]
    ciou: np.ndarray
    peaks: np.ndarray
    has_map: np.ndarray


def score(
    predictions: Sequence[Prediction],
    protocols: Sequence[Protocol],
    rows: Sequence[str] = ('model',),
) -> dict[str, list[Scores]]:
    """Score a model, and rows that use none on the same frames.

    Args:
        predictions (Sequence[Prediction]): Predictions with their references.
        protocols (Sequence[Protocol]): Any number of them.
        rows (Sequence[str]): 'model' or a key of :data:`TRIVIAL`, whose mask is taken as it is,
            whatever the protocol's binarisation, and for every class, heard or not.

    Returns:
        dict[str, list[Scores]]: For each row one for each protocol, in their order.

    Raises:
        DataError: A clip cannot be scored under one of the protocols; says which and why.
    """
    kinds = {protocol.class_aware for protocol in protocols}
    targets = {aware: build_targets(predictions, aware) for aware in kinds}
    parts = {(row, protocol): [_NOTHING] for row in rows for protocol in protocols}
    for aware, kind in targets.items():
        for start in range(0, len(kind), _CHUNK):
            batch = _Batch(predictions, kind[start : start + _CHUNK])
            for (row, protocol), part in parts.items():
                if protocol.class_aware == aware:
                    part.append(batch.score(protocol, row))
    result: dict[str, list[Scores]] = {row: [] for row in rows}
    for (row, protocol), part in parts.items():
        columns = [torch.cat(column).numpy() for column in zip(*part)]
        result[row].append(Scores(row, protocol, targets[protocol.class_aware], *columns))
    return result


#: cIoU [n], peaks [n, R] and whether there is a map [n], of no target.
_NOTHING = torch.zeros(0), torch.zeros(0, len(REGIONS)), torch.zeros(0, dtype=torch.bool)


class _Batch:
    """A few targets on the protocols' grids, each grid computed once."""

    def __init__(self, predictions: Sequence[Prediction], targets: Sequence[Target]) -> None:
        self.pairs = [(predictions[target.frame], target) for target in targets]
        self._cache: dict[tuple, Any] = {}

    def _once(self, key: tuple, compute: Callable[[], Any]) -> Any:
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]

    def score(self, protocol: Protocol, row: str) -> tuple[Tensor, Tensor, Tensor]:
        """CIoU [n], peaks [n, R] and whether there was a map [n]."""
        if row in TRIVIAL:
            return self._once((row, *_grid(protocol)), lambda: self._score_mask(protocol, row))
        has_map, _ = self._maps(protocol)
        references, _ = self._references(protocol)
        masks = torch.zeros(references.shape, dtype=torch.bool)
        masks[has_map] = protocol.binarise(self._normalised(protocol), references[has_map])
        return consensus_iou(masks, references), self._peaks(protocol), has_map

    def _score_mask(self, protocol: Protocol, row: str) -> tuple[Tensor, Tensor, Tensor]:
        references, regions = self._references(protocol)
        masks = TRIVIAL[row](protocol.size).expand_as(regions)
        has_map = torch.ones(len(masks), dtype=torch.bool)
        shares = mask_shares(masks, regions, len(REGIONS))
        return consensus_iou(masks, references), shares, has_map

    def _references(self, protocol: Protocol) -> tuple[Tensor, Tensor]:
        """G, and the region of every pixel, [n, size, size] each."""

        def compute() -> tuple[Tensor, Tensor]:
            both = [target_reference(p, target, protocol) for p, target in self.pairs]
            references, regions = zip(*both)
            return torch.stack(references), torch.stack(regions).int()

        return self._once(('references', *_grid(protocol)), compute)

    def _maps(self, protocol: Protocol) -> tuple[Tensor, Tensor]:
        """Which targets have a map, bool [n], and the m maps there are, [m, size, size]."""

        def compute() -> tuple[Tensor, Tensor]:
            normalise = None if protocol.raw_sum else protocol.normalise
            all_maps = [target_map(p, t, protocol.tags, normalise) for p, t in self.pairs]
            has_map = torch.tensor([values is not None for values in all_maps])
            maps = torch.empty(int(has_map.sum()), protocol.size, protocol.size)
            answers = ((p, values) for (p, _), values in zip(self.pairs, all_maps))
            present = ((p, values) for p, values in answers if values is not None)
            for row, (p, values) in enumerate(present):
                maps[row] = upsample(p, values, protocol)
            return has_map, maps

        return self._once(('maps', *self._map_grid(protocol)), compute)

    def _normalised(self, protocol: Protocol) -> Tensor:
        _, maps = self._maps(protocol)
        key = (*self._map_grid(protocol), protocol.normalisation)
        return self._once(key, lambda: protocol.normalise(maps))

    def _peaks(self, protocol: Protocol) -> Tensor:
        def compute() -> Tensor:
            has_map, maps = self._maps(protocol)
            _, regions = self._references(protocol)
            shares = torch.zeros(len(has_map), len(REGIONS), dtype=torch.float64)
            shares[has_map] = peak_shares(maps, regions[has_map], len(REGIONS))
            return shares

        return self._once(('peaks', *self._map_grid(protocol), *_grid(protocol)), compute)

    def _map_grid(self, protocol: Protocol) -> tuple:
        """What a map on the grid depends on; scores are checked on the way."""
        scored = protocol.normalisation == 'as_scored'
        summed = any(target.label == -1 for _, target in self.pairs)
        sum_rule = (protocol.normalisation, protocol.raw_sum) if summed else ()
        return protocol.size, protocol.tags, protocol.upsampling, scored, *sum_rule


def upsample(p: Prediction, maps: np.ndarray, protocol: Protocol) -> Tensor:
    """A prediction's maps [..., h, w] on the protocol's grid, [..., size, size].

    Raises:
        DataError: The protocol asks for scores, and these are not; names the clip.
    """
    try:
        return protocol.upsample(torch.from_numpy(maps))
    except ValueError as error:
        raise DataError(f"protocol '{protocol.name}', clip {p.clip_id}: {error}") from error


def _grid(protocol: Protocol) -> tuple[int, str]:
    """What a reference depends on."""
    return protocol.size, protocol.rounding
