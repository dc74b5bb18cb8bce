"""The named evaluation protocols, as data.

Papers binarise heat maps by different rules, which can change a figure more than the method
does. So a figure is always given with the name of its protocol.
"""

from dataclasses import dataclass, replace

from torch import Tensor

from .functional import above_median, above_threshold, as_scored, clip_max, min_max, top_pixels

_NORMALISATIONS = {'min_max': min_max, 'clip_max': clip_max, 'as_scored': as_scored}


@dataclass(frozen=True)
class Protocol:
    """How a heat map and an annotation become one number. Add an entry for a new protocol.

    Attributes:
        name (str): Its name in configs, tables and metric keys.
        size (int): Side of the grid on which masks are compared, pixels.
        normalisation (str): 'min_max', 'clip_max' or 'as_scored', see
            :mod:`mmavl.evaluation.functional.maps`.
        binarisation (str): 'threshold' (strictly above), 'median' or 'oracle_area' (as many
            pixels as the reference has).
        threshold (float, optional): For 'threshold' only. None: to be chosen on the
            validation split.
        rounding (str): How annotators' boxes become a consensus map, 'original' or 'lvs', see
            :func:`~mmavl.evaluation.functional.consensus_reference`.
        success (tuple[float]): The cIoU that counts as success for frames of level 1, 2, 3 (and
            above); the first one is used for consensus maps.
        class_aware (bool): Score each sounding class with its own map (Eq. 9), or the map of the
            whole sound (section 4.3) with the union of the boxes.
        tags (str): 'given': the sounding classes are given. 'predicted': the model must also
            predict them.
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

    @property
    def key(self) -> str:
        """Prefix of the metric keys: the name with its options, without a chosen threshold."""
        options = ['union'] * (not self.class_aware) + ['predicted'] * (self.tags == 'predicted')
        return '/'.join([self.name, *options])

    def success_threshold(self, level: int) -> float:
        """The cIoU at which a frame of this level (0: consensus map) succeeds."""
        return self.success[min(max(level, 1), len(self.success)) - 1]

    def normalise(self, maps: Tensor) -> Tensor:
        """Normalise maps [..., size, size]."""
        return _NORMALISATIONS[self.normalisation](maps)

    def binarise(self, maps: Tensor, references: Tensor) -> Tensor:
        """Binarise normalised maps.

        Args:
            maps (Tensor): Normalised, [..., size, size].
            references (Tensor): g, same shape; used only by 'oracle_area'.

        Returns:
            Tensor: bool [..., size, size].
        """
        if self.binarisation == 'median':
            return above_median(maps)
        if self.binarisation == 'oracle_area':
            return top_pixels(maps, (references > 0).sum((-2, -1)))
        return above_threshold(maps, self.threshold)


#: Protocols by name. `original`: Senocak et al. `median`: Chen et al. (LVS) and after.
#: `absolute`: Mo and Morgado (SLAVC). `oracle_area`: an upper bound, never a headline.
#: `val_best`: a threshold chosen on the validation split for each method.
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol('original', normalisation='clip_max', threshold=0.1),
        Protocol('half_max', threshold=0.5),
        Protocol('median', size=224, binarisation='median', rounding='lvs'),
        Protocol('absolute', 224, normalisation='as_scored', threshold=0.5, rounding='lvs'),
        Protocol('oracle_area', binarisation='oracle_area'),
        Protocol('val_best'),
    )
}


def get_protocol(spec: str) -> Protocol:
    """Look a protocol up: ``NAME[@THRESHOLD][/union][/predicted]``.

    Args:
        spec (str): 'half_max'; 'half_max/predicted': the model must also predict the classes;
            'half_max/union': the whole sound with the union of the boxes;
            'val_best@0.35': with the threshold chosen on the validation split.

    Returns:
        Protocol: The entry with its options set.

    Raises:
        ValueError: The name, an option or the threshold is invalid.
    """
    base, *options = spec.split('/')
    name, at, threshold = base.partition('@')
    unknown = set(options) - {'union', 'predicted'}
    if name not in PROTOCOLS or unknown or len(set(options)) < len(options):
        raise ValueError(
            f"unknown protocol '{spec}'; known are {', '.join(PROTOCOLS)}, each with /union, "
            '/predicted or both after it'
        )
    protocol = replace(
        PROTOCOLS[name],
        class_aware='union' not in options,
        tags='predicted' if 'predicted' in options else 'given',
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
