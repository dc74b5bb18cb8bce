"""Evaluating a localizer on cases of real clips."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmavl.evaluation.functional import min_max, whole_audio_map
from mmavl.evaluation.real_clips import Case, Hit, Rate, class_of, hit_of, rate_of
from mmavl.evaluation.real_clips.class_names import acceptable_classes, family_of
from mmavl.evaluation.real_clips.outcomes import hit_anywhere, hit_at
from mmavl.models.naming import named_families
from mmavl.scenes.instruments.classes import GROUPS

from .failures import Failure
from .localization import AGNOSTIC, Localization
from .localization_inferencer import LocalizationInferencer

#: Boxes below this share of the frame count as small.
SMALL = 0.25
#: Rows of the table -> the scored map, as in ``Outcome.hits``.
_ROWS = {
    'class given': 'class',
    'family given': 'family',
    'likeliest class': 'likeliest',
    'whole sound': 'whole',
    'whole sound, raw sum': 'whole_raw',
}
_CENTRE = (0.5, 0.5)


@dataclass(frozen=True)
class Vocabulary:
    """A model's names for things.

    Attributes:
        classes (Sequence[str]): All names.
        families (Mapping[str, Sequence[str]]): Family -> its classes.
        aliases (Mapping[str, Sequence[str]]): Class -> its other names.
    """

    classes: Sequence[str]
    families: Mapping[str, Sequence[str]]
    aliases: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, inferencer: LocalizationInferencer) -> 'Vocabulary':
        """A model's vocabulary; with InstrumentScenes' families if it has none."""
        meta = inferencer.model.dataset_meta
        families = named_families(meta) or meta.get('groups') or GROUPS
        words = [meta.get('aliases', {}), meta.get('kinds', {})]
        aliases = {
            name: [w for table in words for w in table.get(name, ())]
            for name in inferencer.classes
        }
        return cls(inferencer.classes, families, aliases)

    def names(self, case: Case) -> dict[str, str | None]:
        """The class and the family of a case, None if the model does not have it."""
        members = [name for names in self.families.values() for name in names]
        known = class_of(case.mark, [*self.classes, *members], self.aliases)
        family = known and family_of(known, self.classes, self.families)
        own = known if known in self.classes else None
        return {'class': own, 'family': family or own}

    def likeliest(self, result: Localization) -> str:
        """The most likely audible class with a map, except families of other classes.

        It is 'sound' for a model without classes.
        """
        names = [name for name in result.audio_probs if name in result.maps]
        single = [name for name in names if not self._stands_for_others(name)]
        return max(single, key=result.audio_probs.__getitem__, default=AGNOSTIC)

    def _stands_for_others(self, name: str) -> bool:
        return not set(self.classes).isdisjoint(self.families.get(name, ()))

    def share_a_family(self, first: str, second: str) -> bool:
        """Whether a family contains both classes."""
        return any({first, second} <= set(members) for members in self.families.values())


@dataclass(frozen=True, eq=False)
class Outcome:
    """The results of a localizer for one case.

    Attributes:
        case (Case): The case.
        result (Localization): The result for its frame.
        names (dict[str, str | None]): Class and family of the case, in the model's terms.
        hits (dict[str, Hit]): Where maps peak. 'class' and 'family' are given; the
            'likeliest' class and the 'whole' sound are not ('whole_raw': the sum of maps that
            were not normalised); 'nothing' is the map of ``named``.
        named (str, optional): The best predicted class that is correct.
        wrong (list[str]): Predicted classes that match nothing in the frame.
    """

    case: Case
    result: Localization
    names: dict[str, str | None]
    hits: dict[str, Hit]
    named: str | None
    wrong: list[str]


def evaluate_cases(
    inferencer: LocalizationInferencer,
    cases: Sequence[Case],
    threshold: float = 0.3,
    batch_size: int = 8,
) -> tuple[list[Outcome], list[Failure]]:
    """Localize in the frames of all cases.

    Args:
        inferencer (LocalizationInferencer): The localizer.
        cases (Sequence[Case]): From :func:`mmavl.evaluation.real_clips.read_cases`.
        threshold (float): Probability from which a class is predicted. Defaults to 0.3.
        batch_size (int): Frames per batch. Defaults to 8.

    Returns:
        tuple[list[Outcome], list[Failure]]: The outcomes in order, and the unusable clips.
    """
    vocabulary = Vocabulary.of(inferencer)
    names = [vocabulary.names(case) for case in cases]
    asked = dict.fromkeys(name for both in names for name in both.values() if name)
    by_frame: dict[tuple, list[Case]] = {}
    for case in cases:
        by_frame.setdefault(case.frame, []).append(case)
    out = inferencer(
        [of_frame[0].clip for of_frame in by_frame.values()],
        batch_size=batch_size,
        labels=list(asked),
        threshold=threshold,
        whole_videos=False,
    )
    results = {(r.clip.image, r.clip.audio, r.clip.time): r for r in out['predictions']}
    outcomes = [
        _outcome(case, results[case.frame], own, by_frame[case.frame], vocabulary)
        for case, own in zip(cases, names)
        if case.frame in results
    ]
    return outcomes, out['failures']


def _outcome(
    case: Case,
    result: Localization,
    names: dict[str, str | None],
    of_frame: Sequence[Case],
    vocabulary: Vocabulary,
) -> Outcome:
    def right(marks: Sequence) -> set[str]:
        return acceptable_classes(marks, *_fields(vocabulary))

    sounding = [mark for one in of_frame for mark in (one.mark, *one.others)]
    likeliest = vocabulary.likeliest(result)
    asked = {**names, 'likeliest': likeliest}
    agnostic = result.maps.get(AGNOSTIC)
    maps = {
        given: agnostic if name is None else result.maps.get(name, agnostic)
        for given, name in asked.items()
    }
    maps['whole'] = _whole_sound(result, likeliest, min_max)
    maps['whole_raw'] = _whole_sound(result, likeliest, None)
    hits = {given: hit_of(heat, case) for given, heat in maps.items() if heat is not None}
    own = right([case.mark]) | {names['family']}
    named = next((name for name in result.sounding if name in own), None)
    if named in result.shown:
        hits['nothing'] = hit_of(result.maps[named], case)
    wrong = [name for name in result.sounding if name not in right(sounding) | own | {AGNOSTIC}]
    return Outcome(case, result, names, hits, named, wrong)


def _whole_sound(
    result: Localization, likeliest: str, normalise: Callable[[torch.Tensor], torch.Tensor] | None
) -> np.ndarray | None:
    """Section 4.3 of the paper over the classes shown, or else over the most likely one."""
    names = [name for name in result.shown or [likeliest] if name in result.maps]
    if not names:
        return None
    maps = torch.from_numpy(np.stack([result.maps[name] for name in names]))
    probs = torch.tensor([result.audio_probs.get(name, 1.0) for name in names])
    return whole_audio_map(maps, probs, normalise).numpy()


def _fields(vocabulary: Vocabulary) -> tuple:
    return vocabulary.classes, vocabulary.families, vocabulary.aliases


def summarise(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Rate]]:
    """The table: rows of rates with intervals.

    Returns:
        dict: By row ('class given', ..., 'centre', 'whole image'), by column.
    """
    rows = {row: {o: o.hits[key] for o in outcomes if key in o.hits} for row, key in _ROWS.items()}
    rows['centre of the frame'] = {o: hit_at(_CENTRE, o.case) for o in outcomes}
    rows['whole image'] = {o: hit_anywhere(o.case) for o in outcomes}
    table = {name: _pointing(hits) for name, hits in rows.items() if hits}
    return {**table, 'hearing for itself': _hearing(outcomes)}


def _pointing(hits: Mapping[Outcome, Hit]) -> dict[str, Rate]:
    columns = {
        'own': [(o, h.own) for o, h in hits.items()],
        'own, small boxes': [(o, h.own) for o, h in hits.items() if o.case.mark.area < SMALL],
        'a silent one': [(o, h.silent) for o, h in hits.items() if o.case.silent],
        'several: own': [(o, h.own) for o, h in hits.items() if o.case.others],
        'several: another': [(o, h.other) for o, h in hits.items() if o.case.others],
    }
    return _rates(columns)


def _hearing(outcomes: Sequence[Outcome]) -> dict[str, Rate]:
    single = [o for o in outcomes if o.case.sources == 1]
    frames = {o.case.frame: o for o in outcomes}.values()
    columns = {
        'named (one source)': [(o, float(o.named is not None)) for o in single],
        'own, where named': [(o, o.hits['nothing'].own) for o in single if 'nothing' in o.hits],
        'wrong classes a frame': [(o, float(len(o.wrong))) for o in frames],
    }
    return _rates(columns)


def _rates(columns: Mapping[str, list]) -> dict[str, Rate]:
    rates = {
        name: rate_of([value for _, value in pairs], [o.case.file for o, _ in pairs])
        for name, pairs in columns.items()
    }
    return {name: rate for name, rate in rates.items() if rate is not None}


def to_record(outcomes: Sequence[Outcome], failures: Sequence[Failure], root: Path) -> dict:
    """All results as plain data for ``evaluation.json``."""
    return {
        'format': 'mmavl.real_clips/1',
        'table': rates_to_dict(summarise(outcomes)),
        'cases': [_entry(outcome, root) for outcome in outcomes],
        'failures': [vars(failure) for failure in failures],
    }


def rates_to_dict(table: Mapping[str, Mapping[str, Rate]]) -> dict[str, dict[str, dict]]:
    """A table of rates as plain data."""
    return {
        row: {name: vars(rate) for name, rate in rates.items()} for row, rates in table.items()
    }


def _entry(outcome: Outcome, root: Path) -> dict[str, Any]:
    case, result = outcome.case, outcome.result
    return {
        'file': _relative(case.file, root),
        **({'t': case.time} if case.audio is None else {'audio': _relative(case.audio, root)}),
        'label': case.mark.label,
        'class': outcome.names['class'],
        'family': outcome.names['family'],
        'sounding': {
            name: round(result.audio_probs.get(name, 1.0), 4) for name in result.sounding
        },
        'off_screen': result.off_screen,
        'wrong': outcome.wrong,
        'named': outcome.named,
        'hits': {given: vars(hit) for given, hit in outcome.hits.items()},
    }


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()
