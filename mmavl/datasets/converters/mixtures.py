"""Test mixtures of MUSIC: drawn once from the published lists, the same for every machine."""

import json
import random
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from mmavl.datasets.manifest_checks import frame_count
from mmavl.errors import DataError
from mmavl.utils.files import atomic_write

#: The committed list of MUSIC's 11 classes.
MUSIC_MIXTURES = Path(__file__).with_name('music_test_mixtures.json')

#: Mixtures of each pair of classes, and of each three.
_REPEATS = {2: 4, 3: 1}
#: Seconds at either end of a video that no mixture's frame lies in.
_MARGIN = 3.0


def draw_mixtures(test_videos: Mapping[str, str], seed: int = 0) -> dict:
    """Draw mixtures of every two and every three classes' test videos.

    A source's place is a share of its video, since how long that is, is not known before.

    Args:
        test_videos (Mapping): Class -> id of its test video.
        seed (int): Of the places.

    Returns:
        dict: ``seed``, ``margin`` (seconds) and ``mixtures``: lists of (class, video, place).
    """
    draw = random.Random(seed)
    mixtures = [
        [[name, test_videos[name], round(draw.random(), 4)] for name in names]
        for count, repeats in _REPEATS.items()
        for names in combinations(sorted(test_videos), count)
        for _ in range(repeats)
    ]
    return {'seed': seed, 'margin': _MARGIN, 'mixtures': mixtures}


def write_mixtures(path: Path, mixtures: dict) -> None:
    """Write a list of mixtures, one a line."""
    lines = ',\n'.join(json.dumps(mixture) for mixture in mixtures['mixtures'])
    head = f'"seed": {mixtures["seed"]}, "margin": {mixtures["margin"]}'
    with atomic_write(path) as file:
        file.write(f'{{{head}, "mixtures": [\n{lines}\n]}}\n')


def read_mixtures(path: Path = MUSIC_MIXTURES) -> dict:
    """Read a list of :func:`write_mixtures`.

    Raises:
        DataError: It is none.
    """
    try:
        mixtures = json.loads(path.read_text(encoding='utf-8'))
        if not all(len(s) == 3 for mixture in mixtures['mixtures'] for s in mixture):
            raise ValueError('a source is not class, video and place')
        float(mixtures['margin'])
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f'{path} is no list of mixtures: {error!r}') from error
    return mixtures


def place_mixtures(mixtures: dict, manifest: dict) -> tuple[list[list[dict]], list[str]]:
    """Find the frame of every source in the test videos that there are.

    Args:
        mixtures (dict): As read.
        manifest (dict): Of the test split.

    Returns:
        tuple: Mixtures whose videos are all there, each a list of ``{"label", "clip_id",
        "frame_index", "time"}`` (seconds), and the ids of videos that are missing.
    """
    entries = {entry['clip_id']: entry for entry in manifest['data_list']}
    placed, missing = [], set()
    for mixture in mixtures['mixtures']:
        absent = {video for _, video, _ in mixture} - entries.keys()
        missing |= absent
        if not absent:
            placed.append([_place(*s, entries[s[1]], mixtures['margin']) for s in mixture])
    return placed, sorted(missing)


def _place(label: str, video: str, place: float, entry: dict, margin: float) -> dict:
    inside = max(entry['duration'] - 2 * margin, 0.0)
    time = min(margin, entry['duration'] / 2) + place * inside
    index = min(round(time * entry['fps']), frame_count(entry) - 1)
    return {
        'label': label,
        'clip_id': video,
        'frame_index': index,
        'time': index / entry['fps'],
    }
