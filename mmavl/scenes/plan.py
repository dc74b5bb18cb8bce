"""Planning the sounding and silent objects of each scene of a split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: Family -> its classes.
Families = Mapping[str, Sequence[str]]

SILENT_SHARE, SAME_FAMILY_SHARE = 0.6, 0.5


@dataclass(frozen=True)
class Cast:
    """The objects of one scene.

    Args:
        sounding: Their classes, each from another family.
        silent: The class of the silent object, or None.
    """

    sounding: tuple[str, ...]
    silent: str | None


def plan_split(
    rng: np.random.Generator,
    size: int,
    levels: Sequence[float],
    families: Families,
    silent: float = SILENT_SHARE,
    same_family: float = SAME_FAMILY_SHARE,
) -> list[Cast]:
    """Plan the objects of all scenes of a split, with exact shares.

    Six of ten scenes have a silent object. Half of the silent objects belong to the family of a
    sounding one, as far as the families have other classes. In scenes where all families sound,
    this is always so; the other scenes make up the rest of the half.

    Args:
        rng: The split's random generator.
        size: Number of scenes.
        levels: Shares of one, two, three, ... sounding objects, at most one per family;
            rounding favours the first.
        families: Family -> its classes; each class is in one family.
        silent: Share of scenes with a silent object. Defaults to 0.6.
        same_family: Share of these where it belongs to a sounding family. Defaults to 0.5.

    Returns:
        list[Cast]: In random order.
    """
    more = [int(size * share + 0.5) for share in levels[1:]]
    numbers = [max(0, size - sum(more)), *more]
    counts = np.repeat(np.arange(1, len(levels) + 1), numbers)[:size]
    rng.shuffle(counts)
    kinds = np.full(size, 'none', dtype='<U5')
    with_silent = rng.choice(size, round(silent * size), replace=False)
    kinds[with_silent] = 'other'
    kinds[with_silent[counts[with_silent] == len(families)]] = 'same'
    missing = round(same_family * len(with_silent)) - int((kinds == 'same').sum())
    candidates = np.flatnonzero(kinds == 'other')
    missing = min(max(0, missing), len(candidates))
    kinds[rng.choice(candidates, missing, replace=False)] = 'same'
    return [_cast(rng, families, int(count), str(kind)) for count, kind in zip(counts, kinds)]


def _cast(rng: np.random.Generator, groups: Families, count: int, kind: str) -> Cast:
    families = [str(name) for name in rng.permutation(list(groups))]
    sounding = tuple(str(rng.choice(groups[family])) for family in families[:count])
    if kind == 'none':
        return Cast(sounding, None)
    related = [family for family in families[:count] if len(groups[family]) > 1]
    others = families[count:]
    candidates = (related or others) if kind == 'same' else others
    if not candidates:  # all families sound, each with its only class
        return Cast(sounding, None)
    family = str(rng.choice(candidates))
    return Cast(sounding, str(rng.choice([c for c in groups[family] if c not in sounding])))


def same_family(cast: Cast, families: Families) -> bool:
    """Whether the silent object belongs to the family of a sounding one (the SFD subset)."""
    return any(
        cast.silent in members and any(label in members for label in cast.sounding)
        for members in families.values()
    )
