"""Fixed lists of mixtures: which sources of a manifest are mixed with each other.

A JSON file ``{"metainfo": {"dataset", "split", "drawn_with"}, "mixtures": [...]}``. A mixture
is a list of ``[clip_id, class name]``, or of ``[clip_id, class name, place]`` if clips are
longer than a mixture. The place of the frame is in [0, 1], from 3 s after the start of the clip
to 3 s before its end.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write
from mmavl.utils.shipped import tool_command
from mmavl.utils.strict_json import brief, parse_json

from .manifest_checks import frame_count

Source = tuple[str, str] | tuple[str, str, float]

#: Seconds without places at either end of a clip: half the length of a mixture.
MARGIN = 3.0


def frame_at(entry: dict, place: float) -> int:
    """The frame of a manifest's entry for a place of the list."""
    duration = entry['duration']
    time = min(MARGIN, duration / 2) + place * max(duration - 2 * MARGIN, 0.0)
    return min(round(time * entry['fps']), frame_count(entry) - 1)


def draw_mixtures(
    entries: Sequence[dict], size: int, count: int, levels: Sequence[int], seed: int
) -> list[list[Source]]:
    """Draw mixtures of different classes from different clips.

    A source is reused only when the unused ones allow no further mixture.

    Args:
        entries (Sequence[dict]): Entries of a manifest.
        size (int): Sources per mixture.
        count (int): Number of mixtures.
        levels (Sequence[int]): Use clips with these numbers of sources.
        seed (int): Seed of the draw.

    Returns:
        list[list[Source]]: Clip ids and class names.

    Raises:
        DataError: There are too few clips or classes.
    """
    pool = [
        (entry['clip_id'], name)
        for entry in entries
        if len(entry['tags']) in levels
        for name in entry.get('sources', entry['tags'])
    ]
    rng = np.random.default_rng(seed)
    mixtures: list[list[Source]] = []
    queue: list[Source] = []
    while len(mixtures) < count:
        mixture: list[Source] = []
        for source in queue:
            if len(mixture) < size and not _shares(source, mixture):
                mixture.append(source)
        if len(mixture) == size:
            mixtures.append(mixture)
            for source in mixture:
                queue.remove(source)
        elif len(queue) > len(pool) or not pool:
            raise DataError(
                f'{len(pool)} sources in clips of levels {list(levels)} allow no mixture of '
                f'{size} classes from {size} clips: use other levels or another manifest'
            )
        else:
            queue += [pool[i] for i in rng.permutation(len(pool))]
    return mixtures


def _shares(source: Source, mixture: Sequence[Source]) -> bool:
    return any(source[0] == other[0] or source[1] == other[1] for other in mixture)


def write_mixtures(path: str | Path, mixtures: Sequence[Sequence[Source]], metainfo: dict) -> None:
    """Write a list, one mixture per line."""
    lines = ',\n'.join(json.dumps([list(source) for source in mixture]) for mixture in mixtures)
    with atomic_write(path) as file:
        file.write(f'{{"metainfo": {json.dumps(metainfo)},\n"mixtures": [\n{lines}\n]}}\n')


def read_mixtures(path: str | Path) -> list[list[Source]]:
    """Read a list.

    Raises:
        DataError: The file is missing or is not a list of mixtures.
    """
    try:
        content = parse_json(Path(path).read_bytes())
        mixtures = [[_source(item) for item in mixture] for mixture in content['mixtures']]
    except FileNotFoundError as error:
        raise DataError(f'mixture list {path} is missing: {_tool()} writes one') from error
    except (ValueError, TypeError, LookupError) as error:
        raise DataError(
            f'{path} is not a mixture list ({type(error).__name__}: {error}): write it again with '
            f'{_tool()}'
        ) from error
    if not mixtures or not all(mixtures):
        raise DataError(f'mixture list {path} is empty, or has an empty mixture')
    return mixtures


def _tool() -> str:
    return tool_command('dataset_converters/make_mixtures.py')


def _source(item: object) -> Source:
    parts = item if isinstance(item, list) else []
    kinds = [type(part) for part in parts[:2]]
    if kinds != [str, str] or len(parts) > 3 or not all(0 <= place <= 1 for place in parts[2:]):
        raise ValueError(
            f'{brief(item)} must be a clip id, a class name and optionally a place in [0, 1]'
        )
    return tuple(parts)
