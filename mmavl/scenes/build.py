"""Building splits of composed scenes on disk: parallel, resumable, deterministic."""

import json
import multiprocessing
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, asdict, fields
from functools import lru_cache
from pathlib import Path

import cv2
from tqdm import tqdm

from mmavl.datasets.manifest import read_manifest, write_manifest
from mmavl.errors import DataError
from mmavl.scenes.banks import Banks
from mmavl.scenes.plan import Cast, Families, same_family
from mmavl.scenes.scene import write_scene
from mmavl.scenes.spec import SplitSpec
from mmavl.utils.files import atomic_write
from mmavl.utils.locks import one_at_a_time

#: Loads a split's pictures and sounds by its name. It must be picklable, since workers call it.
LoadBanks = Callable[[str], Banks]
Job = tuple[SplitSpec, int, Cast]


def build_splits(
    out: Path, specs: Sequence[SplitSpec], load: LoadBanks, workers: int = 1
) -> Iterator[tuple[SplitSpec, Counter]]:
    """Build splits, or complete unfinished ones, and write their manifests.

    The same spec gives the same bytes with any number of workers, interrupted or not. A manifest
    is written when its split is complete and has passed the checks, including its media. If
    several processes build the same folder, one works and the others wait.

    Args:
        out: The data root.
        specs: The splits to build.
        load: Loads a split's pictures and sounds.
        workers: Number of processes.

    Yields:
        tuple: Each spec once it is done, with the number of scenes by level ('level 1', ...),
        with a 'silent' object and with one of the 'same family'.

    Raises:
        DataError: A folder has a split of another spec, or a scene is invalid.
        OSError: A file cannot be written.
    """
    with one_at_a_time(out / 'build.lock', f'is building scenes in {out}'):
        try:
            with _workers(out, workers, load) as run:
                for spec in specs:
                    yield spec, _build_split(out, spec, run, workers)
        finally:  # left by killed workers
            for spec in specs:
                _sweep(out / spec.split)


def _build_split(
    out: Path, spec: SplitSpec, run: Callable[[list[Job]], Iterable[None]], workers: int
) -> Counter:
    folder = out / spec.split
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, spec)
    _sweep(folder)
    jobs = [
        (spec, index, cast)
        for index, cast in enumerate(spec.casts())
        if not (folder / spec.clip_id(index) / 'scene.json').is_file()
    ]
    manifest = out / f'{spec.split}.json'
    if jobs or not manifest.is_file():
        done = spec.size - len(jobs)
        for _ in tqdm(run(jobs), spec.split, spec.size, initial=done, unit='scene'):
            pass
        write_manifest(manifest, _manifest(folder, spec), out, workers)
    return _count(read_manifest(manifest)['data_list'], spec.families)


def _claim(folder: Path, spec: SplitSpec) -> None:
    stamp = folder / 'build.json'
    if not stamp.is_file():
        with atomic_write(stamp) as file:
            json.dump(asdict(spec), file, indent=1)
        return
    usual = {f.name: f.default for f in fields(spec) if f.default is not MISSING}
    begun = json.loads(json.dumps(usual, default=asdict)) | json.loads(stamp.read_text())
    wanted = json.loads(json.dumps(asdict(spec)))
    differing = [key for key in wanted if begun.get(key) != wanted[key]]
    if differing:
        values = ', '.join(f'{key} {begun.get(key)}, not {wanted[key]}' for key in differing)
        raise DataError(
            f'{folder} has scenes built with {values}: delete the folder or choose another --out'
        )


def _sweep(folder: Path) -> None:
    for draft in folder.glob('.*.tmp'):
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _workers(
    out: Path, number: int, load: LoadBanks
) -> Iterator[Callable[[list[Job]], Iterable[None]]]:
    if number <= 1:
        _start_worker(out, load, alone=True)
        yield lambda jobs: map(_work, jobs)
        return
    with multiprocessing.get_context('spawn').Pool(number, _start_worker, (out, load)) as pool:
        yield lambda jobs: pool.imap_unordered(_work, jobs, chunksize=4)


_job_context: tuple[Path, LoadBanks] | None = None


def _start_worker(out: Path, load: LoadBanks, alone: bool = False) -> None:
    global _job_context
    if not alone:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
        cv2.setNumThreads(1)
    _job_context = (out, lru_cache(maxsize=1)(load))


def _work(job: Job) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise SystemExit  # killed: the next run continues the folder
    spec, index, cast = job
    assert _job_context is not None  # set by _start_worker
    out, banks = _job_context
    write_scene(out, spec, index, cast, banks(spec.split))


def _manifest(folder: Path, spec: SplitSpec) -> dict:
    scenes = [folder / spec.clip_id(index) / 'scene.json' for index in range(spec.size)]
    entries = [json.loads(path.read_text()) for path in scenes]
    return {'metainfo': spec.metainfo(), 'data_list': entries}


def _count(entries: list[dict], families: Families) -> Counter[str]:
    counts: Counter[str] = Counter()
    for entry in entries:
        silent = [box['label'] for box in entry['boxes']['0'] if not box['sounding']]
        cast = Cast(tuple(entry['tags']), silent[0] if silent else None)
        counts[f'level {len(cast.sounding)}'] += 1
        counts['silent'] += cast.silent is not None
        counts['same family'] += same_family(cast, families)
    return counts
