"""The named evaluation protocols, as data.

Papers binarise heat maps by different rules, which can change a figure more than the method
does. So a figure is always given with the name of its protocol.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import compress

import torch
from torch import Tensor

from .functional import (
    above_median,
    above_threshold,
    as_scored,
    at_least_threshold,
    clip_max,
    min_max,
    ranked_value,
    resize_maps,
    top_pixels,
)

_NORMALISATIONS = {'min_max': min_max, 'clip_max': clip_max, 'as_scored': lambda maps: maps}
#: What may follow a protocol's name, in the order of its key.
OPTIONS = ('union', 'predicted', 'raw_sum')
#: Masks that follow the reference: upper bounds.
_ORACLES = ('oracle_area', 'oracle_rank')


@dataclass(frozen=True)
class Protocol:
    """How a heat map and an annotation become one number. Add an entry for a new protocol.

    Attributes:
        name (str): Its name in configs, tables and metric keys.
        size (int): Side of the grid on which masks are compared, pixels.
        normalisation (str): 'min_max', 'clip_max' or 'as_scored', see
            :mod:`mmavl.evaluation.functional.maps`.
        binarisation (str): Which pixels are in the mask. 'threshold': strictly above it;
            'at_least': equal to it, too; 'median': strictly above the lower middle value;
            'median_strict' and 'median_inclusive': strictly above the upper middle value, or equal
            to it, too; 'oracle_area': as many as the reference has; 'oracle_rank': strictly above
            the value with as many pixels from it on as the reference has.
        threshold (float, optional): For 'threshold' and 'at_least' only. None: yet to be chosen
            on the validation split.
        rounding (str): How annotators' boxes become a consensus map, 'original' or 'lvs', see
            :func:`~mmavl.evaluation.functional.consensus_reference`.
        success (tuple[float]): The cIoU that is a success for frames of level 1, 2, 3 (and
            above); the first one serves for consensus maps.
        class_aware (bool): Score each sounding class by its own map (Eq. 9), or the map of the
            whole sound (section 4.3) against the union of the boxes.
        raw_sum (bool): The map of the whole sound is the sum of the class maps as they are.
            Otherwise each of them is normalised first (section 3.3), as ``normalisation`` says:
            absolute scores are summed as they are in either case.
        tags (str): 'given': the sounding classes are known. 'predicted': the model must hear
            them too.
        upsampling (str): How maps get to the grid, see
            :func:`~mmavl.evaluation.functional.resize_maps`.
        extras (tuple[str]): Metrics besides the usual ones, keys of
            :data:`mmavl.evaluation.extra_metrics.EXTRAS`.
    """

    name: str
    size: int = 256
    normalisation: str = 'min_max'
    binarisation: str = 'threshold'
    threshold: float | None = None
    rounding: str = 'original'
    success: tuple[float, ...] = (0.5, 0.5, 0.3)
    class_aware: bool = True
    tags: str = 'given'
    raw_sum: bool = False
    upsampling: str = 'bilinear'
    extras: tuple[str, ...] = ()

    @property
    def oracle(self) -> bool:
        """Whether masks follow the reference: an upper bound, never a result."""
        return self.binarisation in _ORACLES

    @property
    def key(self) -> str:
        """Prefix of the metric keys: the name with its options, without a chosen threshold."""
        chosen = (not self.class_aware, self.tags == 'predicted', self.raw_sum)
        return '/'.join([self.name, *compress(OPTIONS, chosen)])

    def success_threshold(self, level: int) -> float:
        """The cIoU at which a frame of this level (0: consensus map) succeeds."""
        return self.success[min(max(level, 1), len(self.success)) - 1]

    def upsample(self, maps: Tensor) -> Tensor:
        """Bring maps [..., h, w] to the grid: [..., size, size].

        Raises:
            ValueError: Scores are asked for, and these are not in [0, 1].
        """
        if self.normalisation == 'as_scored':
            as_scored(maps)  # before bicubic values leave the range
        return resize_maps(maps, self.size, self.upsampling)

    def normalise(self, maps: Tensor) -> Tensor:
        """Normalise maps [..., size, size]."""
        return _NORMALISATIONS[self.normalisation](maps)

    def binarise(self, maps: Tensor, references: Tensor) -> Tensor:
        """Binarise normalised maps.

        Args:
            maps (Tensor): Normalised, [..., size, size].
            references (Tensor): g, same shape; only the oracles look at it.

        Returns:
            Tensor: bool [..., size, size].
        """
        pixels = maps.shape[-2] * maps.shape[-1]
        if self.binarisation == 'median':
            return above_median(maps)
        if self.binarisation in ('median_strict', 'median_inclusive'):
            median = ranked_value(maps, torch.full(maps.shape[:-2], pixels // 2))
            return maps > median if self.binarisation == 'median_strict' else maps >= median
        if self.binarisation in ('at_least', 'threshold'):
            assert self.threshold is not None  # that of val_best has been chosen
            at_least = self.binarisation == 'at_least'
            return (at_least_threshold if at_least else above_threshold)(maps, self.threshold)
        area = (references > 0).sum((-2, -1))
        if self.binarisation == 'oracle_area':
            return top_pixels(maps, area)
        return maps > ranked_value(maps, pixels - area.clamp_min(1))


#: What the evaluators of LVS and after share; they differ in upsampling and binarisation.
_peer = partial(Protocol, size=224, rounding='lvs')
_peer_corners = partial(_peer, upsampling='bicubic_corners')
_DUET = (0.3, 0.3, 0.3)
_SOURCES = ('per_source', 'pixel_ap', 'count')

#: Protocols by name. `original`: Senocak et al. `median` and `absolute`: the ideas of LVS and
#: SLAVC; what their published evaluators compute has their names. `oracle_...`: upper bounds,
#: never a headline. `val_best`: a threshold chosen for each method on the validation split.
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol('original', normalisation='clip_max', threshold=0.1),
        Protocol('half_max', threshold=0.5),
        Protocol('median', size=224, binarisation='median', rounding='lvs'),
        Protocol('absolute', 224, normalisation='as_scored', threshold=0.5, rounding='lvs'),
        Protocol('oracle_area', binarisation='oracle_area'),
        Protocol('val_best'),
        # LVS; SSLalignment's test
        _peer('lvs', binarisation='median_strict', extras=('iiou',)),
        # SSLalignment's cIoU-adaptive
        _peer('oracle_adaptive', binarisation='oracle_rank', extras=('iiou',)),
        # SSLalignment's validation while it trains
        _peer('sslalign_val', binarisation='median_inclusive'),
        # EZ-VSL, FNAC: their tests, and their evaluation while they train
        _peer(
            'ez_vsl',
            binarisation='median_inclusive',
            upsampling='bilinear_corners',
        ),
        _peer('ez_vsl_train', binarisation='median_inclusive', upsampling='bicubic'),
        # SLAVC: the default, and --relative_prediction
        _peer_corners(
            'slavc',
            normalisation='as_scored',
            binarisation='at_least',
            threshold=0.5,
            extras=('extended',),
        ),
        _peer_corners(
            'slavc_relative',
            binarisation='median_inclusive',
            extras=('extended',),
        ),
        # AVGN: as SLAVC, at .3 for single sources
        _peer_corners(
            'avgn',
            success=_DUET,
            normalisation='as_scored',
            binarisation='at_least',
            threshold=0.5,
            extras=_SOURCES,
        ),
        _peer_corners(
            'avgn_relative',
            success=_DUET,
            binarisation='median_inclusive',
            extras=_SOURCES,
        ),
        # NoPrior
        _peer('no_prior', success=_DUET, binarisation='median_strict', extras=_SOURCES),
        # DSOL: its synthetic pairs, duets and solos differ in the threshold
        *(
            _peer(
                f'dsol_{data}',
                success=_DUET,
                normalisation='clip_max',
                threshold=share,
                extras=('nsa',),
            )
            for data, share in (('synthetic', 0.5), ('duet', 0.2), ('solo', 0.1))
        ),
    )
}


def get_protocol(spec: str) -> Protocol:
    """Look a protocol up: ``NAME[@THRESHOLD][/union][/predicted][/raw_sum]``.

    Args:
        spec (str): 'half_max'; 'half_max/predicted': the model must also predict the classes;
            'half_max/union': the whole sound with the union of the boxes;
            'half_max/union/raw_sum': its map is the sum of class maps that are not normalised;
            'val_best@0.35': with the threshold chosen on the validation split.

    Returns:
        Protocol: The entry with its options set.

    Raises:
        ValueError: The name, an option or the threshold is invalid.
    """
    base, *options = spec.split('/')
    name, at, threshold = base.partition('@')
    unknown = set(options) - set(OPTIONS)
    if name not in PROTOCOLS or unknown or len(set(options)) < len(options):
        raise ValueError(
            f"unknown protocol '{spec}'; known are {', '.join(PROTOCOLS)}, each with any of "
            f'/{", /".join(OPTIONS)} after it'
        )
    protocol = replace(
        PROTOCOLS[name],
        class_aware='union' not in options,
        tags='predicted' if 'predicted' in options else 'given',
        raw_sum='raw_sum' in options,
    )
    return replace(protocol, threshold=_parse_threshold(spec, threshold)) if at else protocol


def _parse_threshold(spec: str, text: str) -> float:
    if not spec.startswith('val_best@'):
        raise ValueError(f"protocol '{spec}': only val_best takes a threshold, the others fix it")
    try:
        threshold = float(text)
    except ValueError:
        threshold = -1.0
    if not 0 <= threshold < 1:
        raise ValueError(f"protocol '{spec}': the threshold must be a number in [0, 1)")
    return threshold
