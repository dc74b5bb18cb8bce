"""Build the splits of InstrumentScenes on disk: parallel, resumable, deterministic."""

import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import soundfile
from tqdm import tqdm

from mmavl.datasets.instrument_scenes.classes import CLASSES, GROUPS, SPLITS
from mmavl.datasets.instrument_scenes.frame import compose_frame
from mmavl.datasets.instrument_scenes.mixture import DURATION, mix
from mmavl.datasets.instrument_scenes.pictures import PictureBank, load_pictures
from mmavl.datasets.instrument_scenes.plan import (
    TEST_LEVELS,
    TRAIN_LEVELS,
    Cast,
    plan_split,
    same_family,
)
from mmavl.datasets.instrument_scenes.sounds import SAMPLE_RATE, SoundBank, load_sounds
from mmavl.datasets.instrument_scenes.sources import Materials
from mmavl.errors import DataError
from mmavl.utils.files import atomic_write

_JPEG_QUALITY = 92
_RECIPE = 1  # raise it when scenes come out otherwise from the same seed

#: Gives a split's pictures and sounds; workers call it, so it can be pickled.
LoadBanks = Callable[[Materials, str], tuple[PictureBank, SoundBank]]


@dataclass(frozen=True)
class SplitSpec:
    """What decides a split's content.

    Args:
        split: One of ``SPLITS``.
        size: Number of scenes.
        seed: Seed of the whole data set.
        versions: Versions of the packages it is made of.
        recipe: Version of this code's results.
    """

    split: str
    size: int
    seed: int
    versions: dict[str, str]
    recipe: int = _RECIPE

    def stream(self, *path: int) -> np.random.Generator:
        """Return a random stream that depends on seed, split and path only."""
        return np.random.default_rng([self.seed, SPLITS.index(self.split), *path])

    def casts(self) -> list[Cast]:
        """Return the instruments of every scene."""
        levels = TEST_LEVELS if self.split.startswith('test') else TRAIN_LEVELS
        return plan_split(self.stream(0), self.size, levels)

    def clip_id(self, index: int) -> str:
        """Return the name of a scene."""
        return f'{self.split}_{index:05d}'


def load_banks(materials: Materials, split: str) -> tuple[PictureBank, SoundBank]:
    """Load the pictures and sounds of a split from the packages."""
    return load_pictures(materials, split), load_sounds(materials, split)


def build_split(
    out: Path,
    spec: SplitSpec,
    materials: Materials,
    workers: int = 1,
    load: LoadBanks = load_banks,
) -> Counter:
    """Build one split, or finish one that was begun, and write its manifest.

    The same spec gives the same bytes with any number of workers, interrupted or not. A scene
    is written to a hidden folder and renamed when it is whole.

    Args:
        out: The data root.
        spec: What to build.
        materials: The extracted packages.
        workers: Number of processes.
        load: Gives the banks; tests pass small ones.

    Returns:
        Counter: scenes by level ('level 1', ...), 'silent' and 'same family'.

    Raises:
        DataError: The folder holds a split of another spec, or a scene is not as it should be.
    """
    folder = out / spec.split
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, spec)
    for leftover in folder.glob('.*.tmp'):
        shutil.rmtree(leftover)
    jobs = [
        (index, cast)
        for index, cast in enumerate(spec.casts())
        if not (folder / spec.clip_id(index) / 'scene.json').is_file()
    ]
    context = multiprocessing.get_context('spawn')
    with tqdm(total=spec.size, initial=spec.size - len(jobs), desc=spec.split) as bar:
        if workers <= 1 or len(jobs) < 8:
            _start_worker(out, spec, materials, load)
            for job in jobs:
                bar.update(_work(job))
        else:
            arguments = (out, spec, materials, load)
            with context.Pool(min(workers, len(jobs)), _start_worker, arguments) as pool:
                for _ in pool.imap_unordered(_work, jobs, chunksize=4):
                    bar.update()
    return _write_manifest(out, spec)


def _claim(folder: Path, spec: SplitSpec) -> None:
    stamp = folder / 'build.json'
    if stamp.is_file():
        begun = json.loads(stamp.read_text())
        differing = [key for key, value in asdict(spec).items() if begun.get(key) != value]
        if differing:
            raise DataError(
                f'{folder} holds a build with another {" and ".join(differing)} '
                f'({", ".join(f"{key}={begun.get(key)}" for key in differing)}): '
                'delete the folder or choose another --out'
            )
    else:
        with atomic_write(stamp) as file:
            json.dump(asdict(spec), file, indent=1)


_worker: tuple[Path, SplitSpec, PictureBank, SoundBank] | None = None


def _start_worker(out: Path, spec: SplitSpec, materials: Materials, load: LoadBanks) -> None:
    global _worker
    cv2.setNumThreads(1)
    _worker = (out, spec, *load(materials, spec.split))


def _work(job: tuple[int, Cast]) -> int:
    index, cast = job
    out, spec, pictures, sounds = _worker
    write_scene(out, spec, index, cast, pictures, sounds)
    return 1


def write_scene(
    out: Path, spec: SplitSpec, index: int, cast: Cast, pictures: PictureBank, sounds: SoundBank
) -> None:
    """Draw one scene and write its frame, sound, sources and manifest entry."""
    rng = spec.stream(1, index)
    shown = cast.sounding + ((cast.silent,) if cast.silent else ())
    chosen = [_choose(rng, pictures.cutouts[label]) for label in shown]
    background = _choose(rng, pictures.backgrounds)
    frame, boxes = compose_frame(rng, background.pixels, [picture.pixels for picture in chosen])
    mixture, sources, kinds = mix(rng, sounds, cast.sounding)
    clip_id = spec.clip_id(index)
    folder = out / spec.split
    entry = {
        'clip_id': clip_id,
        'audio': f'{spec.split}/{clip_id}.wav',
        'frames': [f'{spec.split}/{clip_id}/0000.jpg'],
        'fps': 1,
        'duration': DURATION,
        'tags': list(cast.sounding),
        'boxes': {
            '0': [
                {'bbox': box, 'label': label, 'sounding': label in cast.sounding}
                for box, label in zip(boxes, shown)
            ]
        },
        'sources': {label: f'{spec.split}/{clip_id}/{label}.wav' for label in cast.sounding},
        'made_of': {
            'pictures': {label: picture.name for label, picture in zip(shown, chosen)},
            'background': background.name,
            'sounds': kinds,
        },
    }
    draft = folder / f'.{clip_id}.tmp'
    draft.mkdir()
    try:
        if not cv2.imwrite(
            str(draft / '0000.jpg'), frame, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        ):
            raise OSError(f'cannot write {draft / "0000.jpg"}: is the disk full?')
        for label, wave in sources.items():
            soundfile.write(draft / f'{label}.wav', wave, SAMPLE_RATE, 'PCM_16')
        soundfile.write(draft / 'mixture.wav', mixture, SAMPLE_RATE, 'PCM_16')
        (draft / 'scene.json').write_text(json.dumps(entry))
        (draft / 'mixture.wav').replace(folder / f'{clip_id}.wav')
        draft.rename(folder / clip_id)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _choose(rng: np.random.Generator, items: list):
    return items[rng.integers(len(items))]


def _write_manifest(out: Path, spec: SplitSpec) -> Counter:
    folder = out / spec.split
    entries = [
        json.loads((folder / spec.clip_id(index) / 'scene.json').read_text())
        for index in range(spec.size)
    ]
    counts = Counter()
    for entry in entries:
        counts[f'level {len(entry["tags"])}'] += 1
        silent = [box['label'] for box in entry['boxes']['0'] if not box['sounding']]
        cast = Cast(tuple(entry['tags']), silent[0] if silent else None)
        counts['silent'] += cast.silent is not None
        counts['same family'] += same_family(cast)
    metainfo = {
        'dataset': 'InstrumentScenes',
        'split': spec.split,
        'classes': list(CLASSES),
        'groups': {family: list(members) for family, members in GROUPS.items()},
        'format_version': 1,
        'seed': spec.seed,
        'packages': spec.versions,
    }
    with atomic_write(out / f'{spec.split}.json') as file:
        json.dump({'metainfo': metainfo, 'data_list': entries}, file)
    return counts
