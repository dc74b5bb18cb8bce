"""Mixtures of MUSIC: drawn once from the published lists, the same for every machine."""

import random
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from mmavl.datasets.mixture_list import Source

#: The committed list of MUSIC's 11 classes, see :mod:`mmavl.datasets.mixture_list`.
MUSIC_MIXTURES = Path(__file__).parents[2] / 'datasets/mixture_lists/music_test.json'

#: Test mixtures of each two classes, and of each three.
TEST_REPEATS = {2: 4, 3: 1}
VAL_REPEATS = {2: 1}


def draw_mixtures(
    videos: Mapping[str, str], repeats: Mapping[int, int], seed: int = 0
) -> list[list[Source]]:
    """Draw mixtures of so many classes' videos, every set of classes as often.

    A source's place is a share of its video, since how long that is, is not known before.

    Args:
        videos (Mapping): Class -> id of its video.
        repeats (Mapping): Number of sources -> mixtures of each set of so many classes.
        seed (int): Of the places.

    Returns:
        list[list[Source]]: Video, class and place of each source.
    """
    draw = random.Random(seed)
    return [
        [(videos[name], name, round(draw.random(), 4)) for name in names]
        for count, times in repeats.items()
        for names in combinations(sorted(videos), count)
        for _ in range(times)
    ]


def present_mixtures(
    mixtures: Sequence[Sequence[Source]], clips: Collection[str]
) -> tuple[list[Sequence[Source]], list[str]]:
    """Mixtures whose clips are all there.

    Args:
        mixtures (Sequence): As :func:`~mmavl.datasets.mixture_list.read_mixtures` gives them.
        clips (Collection[str]): Ids of the clips that there are.

    Returns:
        tuple: The mixtures, and the ids of clips that are missing.
    """
    kept = [mixture for mixture in mixtures if all(clip in clips for clip, *_ in mixture)]
    return kept, sorted({clip for mixture in mixtures for clip, *_ in mixture} - set(clips))
