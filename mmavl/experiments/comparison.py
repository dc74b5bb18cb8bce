"""Whether two methods differ: a paired test over the clips of a split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from mmavl.errors import DataError
from mmavl.evaluation.predictions import Prediction
from mmavl.evaluation.protocols import get_protocol
from mmavl.evaluation.scoring import score
from mmavl.evaluation.summary import FrameScores
from mmavl.evaluation.targets import REGIONS

_RESAMPLES = 9999
_OWN = REGIONS.index('own')


@dataclass(frozen=True)
class Difference:
    """A method's figure minus another's on the same clips.

    Attributes:
        mean (float): Mean difference.
        p (float): Two-sided p value of a paired permutation test over clips.
        clips (int): How many clips both have.
    """

    mean: float
    p: float
    clips: int


def clip_scores(seeds: Sequence[Sequence[Prediction]], protocol: str) -> dict[str, dict]:
    """Each clip's cIoU and pointing, means over seeds.

    Args:
        seeds (Sequence[Sequence[Prediction]]): Predictions of each seed.
        protocol (str): Name of a protocol.

    Returns:
        dict[str, dict]: 'ciou' and 'pointing' -> (clip, frame) -> a mean in [0, 1].
    """
    collected: dict[str, dict[tuple[str, int], list[float]]] = {'ciou': {}, 'pointing': {}}
    for predictions in seeds:
        ((scores,),) = score(predictions, [get_protocol(protocol)]).values()
        frames = FrameScores(scores)
        for frame, value in zip(frames.frames.tolist(), frames.ciou.tolist()):
            collected['ciou'].setdefault(predictions[frame].identity, []).append(value)
        pointing: dict[int, list[float]] = {}
        for target, peaks in zip(scores.targets, scores.peaks):
            pointing.setdefault(target.frame, []).append(float(peaks[_OWN]))
        for frame, values in pointing.items():
            identity = predictions[frame].identity
            collected['pointing'].setdefault(identity, []).append(fmean(values))
    return {
        name: {clip: fmean(values) for clip, values in clips.items()}
        for name, clips in collected.items()
    }


def compare(one: Mapping, other: Mapping) -> Difference:
    """Compare figures by clip.

    Args:
        one (Mapping): Clip -> figure.
        other (Mapping): The same, of what it is compared with.

    Raises:
        DataError: They have no clip in common.
    """
    from scipy.stats import permutation_test  # slow to import

    clips = sorted(one.keys() & other.keys())
    if not clips:
        raise DataError('no clip was tested by both methods')
    pairs = np.array([[one[clip], other[clip]] for clip in clips]).T
    test = permutation_test(
        tuple(pairs),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type='samples',
        vectorized=True,
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return Difference(float(np.mean(pairs[0] - pairs[1])), float(test.pvalue), len(clips))
