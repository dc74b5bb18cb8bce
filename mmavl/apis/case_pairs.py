"""Testing whether a map follows the sound: frames of two clips side by side, with one sound."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from mmavl.evaluation.real_clips import Case, Rate, peak_of, rate_of
from mmavl.evaluation.real_clips.outcomes import inside

from .case_evaluation import Vocabulary
from .clips import list_clips
from .failures import Failure, contained
from .localization_inferencer import LocalizationInferencer

_HEIGHT = 448


@dataclass(frozen=True)
class PairOutcome:
    """The result for one picture of two objects.

    Attributes:
        sounding (Case): The one whose sound is used.
        silent (Case): The other one.
        alike (bool): Whether they belong to the same family of the model.
        follows (bool): Whether the map of the most likely class peaks in the sounding
            half.
        own (bool): Whether it peaks in the box of the sounding object.
    """

    sounding: Case
    silent: Case
    alike: bool
    follows: bool
    own: bool


def evaluate_pairs(
    inferencer: LocalizationInferencer, cases: Sequence[Case], count: int, seed: int = 0
) -> tuple[list[PairOutcome], list[Failure]]:
    """Show frames of two clips side by side, and combine them with each of their sounds.

    Args:
        inferencer (LocalizationInferencer): The localizer.
        cases (Sequence[Case]): The cases; those whose clip has one source and whose class the
            model has are used.
        count (int): Number of pairs of different classes from one family, and of pairs from
            different families; each is tested with both sounds.
        seed (int): Seed of the random choice. Defaults to 0.

    Returns:
        tuple[list[PairOutcome], list[Failure]]: Two outcomes per pair, and unusable
        clips.
    """
    vocabulary = Vocabulary.of(inferencer)
    outcomes: list[PairOutcome] = []
    failures: list[Failure] = []
    for first, second, alike in _pairs(cases, vocabulary, count, seed):
        with contained(f'{first.file.name} with {second.file.name}', failures):
            loaded = [_load(inferencer, case) for case in (first, second)]
            halves = [_at_height(one['image']) for one in loaded]
            picture, share = np.concatenate(halves, axis=1), halves[0].shape[1]
            share /= picture.shape[1]
            for number, (own, other) in enumerate(((first, second), (second, first))):
                wave, rate = loaded[number]['waveform'], loaded[number]['sample_rate']
                result = inferencer((picture, wave, rate))['predictions'][0]
                heat = result.maps.get(vocabulary.likeliest(result))
                point = None if heat is None else peak_of(heat)
                outcomes.append(_outcome(own, other, alike, point, share, left=number == 0))
    return outcomes, failures


def summarise_pairs(outcomes: Sequence[PairOutcome]) -> dict[str, dict[str, Rate]]:
    """Rates of following and of hitting, for pairs from one family and from different ones."""
    rows = {}
    for name, alike in (('two of one family', True), ('two of different families', False)):
        mine = [outcome for outcome in outcomes if outcome.alike == alike]
        clips = [outcome.sounding.file for outcome in mine]
        rates = {
            'follows the sound': rate_of([float(o.follows) for o in mine], clips),
            'own': rate_of([float(o.own) for o in mine], clips),
        }
        known = {key: rate for key, rate in rates.items() if rate is not None}
        if known:
            rows[name] = known
    return rows


def _pairs(
    cases: Sequence[Case], vocabulary: Vocabulary, count: int, seed: int
) -> list[tuple[Case, Case, bool]]:
    named = ((case, vocabulary.names(case)['class']) for case in cases)
    single = [(case, name) for case, name in named if case.sources == 1 and name]
    pairs = [
        (first, second, vocabulary.share_a_family(one, other))
        for (first, one), (second, other) in combinations(single, 2)
        if one != other
    ]
    random.Random(seed).shuffle(pairs)
    drawn = [[pair for pair in pairs if pair[2] == alike][:count] for alike in (True, False)]
    return [pair for kind in drawn for pair in kind]


def _load(inferencer: LocalizationInferencer, case: Case) -> dict:
    (clip,), _ = list_clips(case.clip)
    return inferencer.pipeline.load(clip)


def _at_height(image: np.ndarray) -> np.ndarray:
    width = max(round(image.shape[1] * _HEIGHT / image.shape[0]), 1)
    return cv2.resize(image, (width, _HEIGHT), interpolation=cv2.INTER_AREA)


def _outcome(
    own: Case,
    other: Case,
    alike: bool,
    point: tuple[float, float] | None,
    share: float,
    left: bool,
) -> PairOutcome:
    if point is None:
        return PairOutcome(own, other, alike, False, False)
    x, y = point
    follows = (x < share) == left
    within = x / share if left else (x - share) / (1 - share)
    return PairOutcome(own, other, alike, follows, follows and inside((within, y), own.mark.box))
