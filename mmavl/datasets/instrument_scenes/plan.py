"""Which scene of a split holds how many sounding instruments, and which silent one."""

from dataclasses import dataclass

import numpy as np

from mmavl.datasets.instrument_scenes.classes import FAMILY, GROUPS

#: Shares of the scenes with one, two and three sounding instruments.
TRAIN_LEVELS = (0.5, 0.35, 0.15)
TEST_LEVELS = (200 / 430, 150 / 430, 80 / 430)

_SILENT_SHARE, _SAME_FAMILY_SHARE = 0.6, 0.5


@dataclass(frozen=True)
class Cast:
    """The instruments of one scene.

    Args:
        sounding: Their classes, each of another family.
        silent: The class that is seen and not heard, or None.
    """

    sounding: tuple[str, ...]
    silent: str | None


def plan_split(rng: np.random.Generator, size: int, levels: tuple[float, ...]) -> list[Cast]:
    """Cast every scene of a split, with exact shares.

    Six of ten scenes show a silent instrument. Half of these silent ones are of a sounding one's
    family. With three sounding ones every family sounds, so there it always is; with one or two
    it is as often as makes a half of all.

    Args:
        rng: The split's stream.
        size: Number of scenes.
        levels: Shares of one, two, three sounding instruments; the rounding favours the first.

    Returns:
        list[Cast]: In random order.
    """
    second, third = (int(size * share + 0.5) for share in levels[1:])
    counts = np.array([1] * (size - second - third) + [2] * second + [3] * third)
    rng.shuffle(counts)
    kinds = np.full(size, 'none', dtype='<U5')
    with_silent = rng.choice(size, round(_SILENT_SHARE * size), replace=False)
    kinds[with_silent] = 'other'
    kinds[with_silent[counts[with_silent] == 3]] = 'same'
    missing = round(_SAME_FAMILY_SHARE * len(with_silent)) - int((kinds == 'same').sum())
    candidates = np.flatnonzero(kinds == 'other')
    missing = min(max(0, missing), len(candidates))
    kinds[rng.choice(candidates, missing, replace=False)] = 'same'
    return [_cast(rng, int(count), str(kind)) for count, kind in zip(counts, kinds)]


def _cast(rng: np.random.Generator, count: int, kind: str) -> Cast:
    families = [str(name) for name in rng.permutation(list(GROUPS))]
    sounding = tuple(str(rng.choice(GROUPS[family])) for family in families[:count])
    if kind == 'none':
        return Cast(sounding, None)
    heard = families[:count] if kind == 'same' else families[count:]
    family = str(rng.choice(heard))
    return Cast(sounding, str(rng.choice([c for c in GROUPS[family] if c not in sounding])))


def same_family(cast: Cast) -> bool:
    """Tell whether the silent instrument is of a sounding one's family (the SFD subset)."""
    heard = {FAMILY[label] for label in cast.sounding}
    return cast.silent is not None and FAMILY[cast.silent] in heard
