"""Running a localizer on cases of real clips, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmavl.evaluation.real_clips import Case, Hit, Rate, class_of, hit_of, rate_of
from mmavl.evaluation.real_clips.class_names import acceptable_classes, family_of
from mmavl.evaluation.real_clips.outcomes import hit_anywhere, hit_at
from mmavl.preparation.instrument_scenes.classes import GROUPS

from .failures import Failure
from .localization import AGNOSTIC, Localization
from .localization_inferencer import LocalizationInferencer
from .naming import named_families

#: Boxes below this share of the frame are small.
SMALL = 0.25
#: How a case's map is asked for.
GIVEN = ('class', 'family', 'nothing')
_CENTRE = (0.5, 0.5)


@dataclass(frozen=True)
class Vocabulary:
    """What a model calls things.

    Attributes:
        classes (Sequence[str]): All names.
        families (Mapping[str, Sequence[str]]): Family -> its classes.
        aliases (Mapping[str, Sequence[str]]): Class -> other words.
    """

    classes: Sequence[str]
    families: Mapping[str, Sequence[str]]
    aliases: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, inferencer: LocalizationInferencer) -> 'Vocabulary':
        """A model's; InstrumentScenes' families where it names none of its own."""
        meta = inferencer.model.dataset_meta
        families = named_families(meta) or meta.get('groups') or GROUPS
        words = [meta.get('aliases', {}), meta.get('kinds', {})]
        aliases = {
            name: [w for table in words for w in table.get(name, ())]
            for name in inferencer.classes
        }
        return cls(inferencer.classes, families, aliases)

    def names(self, case: Case) -> dict[str, str | None]:
        """The class and the family of a case, None where the model does not have it."""
        members = [name for names in self.families.values() for name in names]
        known = class_of(case.mark, [*self.classes, *members], self.aliases)
        family = known and family_of(known, self.classes, self.families)
        own = known if known in self.classes else None
        return {'class': own, 'family': family or own}

    def share_a_family(self, first: str, second: str) -> bool:
        """Whether a family holds two classes."""
        return any({first, second} <= set(members) for members in self.families.values())


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a localizer made of one case.

    Attributes:
        case (Case): The case.
        found (Localization): In its frame.
        names (dict[str, str | None]): Class and family of the case, as the model calls them.
        hits (dict[str, Hit]): Where the map points, by what was given.
        named (str, optional): The best of the named classes that is right.
        wrong (list[str]): Named classes that nothing in the frame is.
    """

    case: Case
    found: Localization
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
    """Localize in the frame of every case.

    Args:
        inferencer (LocalizationInferencer): The localizer.
        cases (Sequence[Case]): Of :func:`mmavl.evaluation.real_clips.read_cases`.
        threshold (float): Probability from which a class counts as named. Defaults to 0.3.
        batch_size (int): Frames that go through the model at once. Defaults to 8.

    Returns:
        tuple[list[Outcome], list[Failure]]: In order, and the clips that cannot be used.
    """
    vocabulary = Vocabulary.of(inferencer)
    names = [vocabulary.names(case) for case in cases]
    asked = dict.fromkeys(name for both in names for name in both.values() if name)
    frames = list(dict.fromkeys((str(case.file), case.time) for case in cases))
    out = inferencer(
        [{'video': file, 'time': time} for file, time in frames],
        batch_size=batch_size,
        labels=list(asked),
        threshold=threshold,
    )
    found = {(item.clip.video, item.clip.time): item for item in out['predictions']}
    by_frame = {}
    for case in cases:
        by_frame.setdefault((str(case.file), case.time), []).append(case)
    outcomes = [
        _outcome(case, found[key], own, by_frame[key], vocabulary)
        for case, own in zip(cases, names)
        if (key := (str(case.file), case.time)) in found
    ]
    return outcomes, out['failures']


def _outcome(
    case: Case,
    found: Localization,
    names: dict[str, str | None],
    of_frame: Sequence[Case],
    vocabulary: Vocabulary,
) -> Outcome:
    def right(marks: Sequence) -> set[str]:
        return acceptable_classes(marks, *_fields(vocabulary))

    sounding = [mark for one in of_frame for mark in (one.mark, *one.others)]
    agnostic = found.maps.get(AGNOSTIC)
    maps = {given: found.maps.get(name, agnostic) for given, name in names.items()}
    hits = {given: hit_of(heat, case) for given, heat in maps.items() if heat is not None}
    own = right([case.mark]) | {names['family']}
    named = next((name for name in found.sounding if name in own), None)
    if named is not None and named in found.maps and named not in found.unseen:
        hits['nothing'] = hit_of(found.maps[named], case)
    wrong = [name for name in found.sounding if name not in right(sounding) | own | {AGNOSTIC}]
    return Outcome(case, found, names, hits, named, wrong)


def _fields(vocabulary: Vocabulary) -> tuple:
    return vocabulary.classes, vocabulary.families, vocabulary.aliases


def summarise(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Rate]]:
    """The table: rows of rates with intervals.

    Returns:
        dict: By row ('class given', ..., 'centre', 'whole image'), by column.
    """
    rows = {
        f'{given} given': {o: o.hits[given] for o in outcomes if given in o.hits}
        for given in ('class', 'family')
    }
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
    frames = {(o.case.file, o.case.time): o for o in outcomes}.values()
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
    """Everything as plain data for ``evaluation.json``."""
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
    case, found = outcome.case, outcome.found
    return {
        'file': case.file.relative_to(root).as_posix(),
        't': case.time,
        'label': case.mark.label,
        'class': outcome.names['class'],
        'family': outcome.names['family'],
        'sounding': {name: round(found.heard.get(name, 1.0), 4) for name in found.sounding},
        'unseen': found.unseen,
        'wrong': outcome.wrong,
        'named': outcome.named,
        'hits': {given: vars(hit) for given, hit in outcome.hits.items()},
    }
