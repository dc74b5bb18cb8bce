"""Which scene of a split holds how many sounding objects, and which silent one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: Family -> its classes.
Families = Mapping[str, Sequence[str]]

SILENT_SHARE, SAME_FAMILY_SHARE = 0.6, 0.5


@dataclass(frozen=True)
class Cast:
    """What is seen and heard in one scene.

    Args:
        sounding: Their classes, each of another family.
        silent: The class that is seen and not heard, or None.
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
    """Cast every scene of a split, with exact shares.

    Six of ten scenes show a silent object. Half of these silent ones are of a sounding one's
    family, as far as the families have other classes. Where every family sounds it always is; in
    the other scenes it is as often as makes a half of all.

    Args:
        rng: The split's stream.
        size: Number of scenes.
        levels: Shares of one, two, three, ... sounding objects, at most one for each family;
            the rounding favours the first.
        families: Family -> its classes; each class in one family.
        silent: Share of the scenes with a silent object. Defaults to 0.6.
        same_family: Share of these in which it is of a sounding one's family. Defaults to 0.5.

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
    if not candidates:  # every family sounds, each by its only class
        return Cast(sounding, None)
    family = str(rng.choice(candidates))
    return Cast(sounding, str(rng.choice([c for c in groups[family] if c not in sounding])))


def same_family(cast: Cast, families: Families) -> bool:
    """Tell whether the silent object is of a sounding one's family (the SFD subset)."""
    return any(
        cast.silent in members and any(label in members for label in cast.sounding)
        for members in families.values()
    )
