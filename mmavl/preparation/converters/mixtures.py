"""Mixtures of MUSIC, drawn once from the published lists, so that they are the same everywhere."""

import random
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from mmavl.datasets.mixture_list import Source

#: The committed list of MUSIC's 11 classes, see :mod:`mmavl.datasets.mixture_list`.
MUSIC_MIXTURES = Path(__file__).parents[2] / 'datasets/mixture_lists/music_test.json'

#: Test mixtures for each pair of classes, and for each triple.
TEST_REPEATS = {2: 4, 3: 1}
VAL_REPEATS = {2: 1}


def draw_mixtures(
    videos: Mapping[str, str], repeats: Mapping[int, int], seed: int = 0
) -> list[list[Source]]:
    """Draw mixtures of videos of different classes, equally often for each set of classes.

    The place of a source is relative to the length of its video, which is not known in advance.

    Args:
        videos (Mapping): Class -> id of its video.
        repeats (Mapping): Number of sources -> mixtures for each set of that many classes.
        seed (int): Seed of the places.

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
    """Select the mixtures whose clips are all available.

    Args:
        mixtures (Sequence): From :func:`~mmavl.datasets.mixture_list.read_mixtures`.
        clips (Collection[str]): Ids of the available clips.

    Returns:
        tuple: The mixtures, and the ids of missing clips.
    """
    kept = [mixture for mixture in mixtures if all(clip in clips for clip, *_ in mixture)]
    return kept, sorted({clip for mixture in mixtures for clip, *_ in mixture} - set(clips))
