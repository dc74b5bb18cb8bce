"""Converting many clips: in parallel, on several machines, and resumable."""

import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

from tqdm import tqdm

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write
from mmavl.utils.locks import Lock
from mmavl.utils.names import name_bytes

from .cutting import ClipSpec
from .media import ClipJob, Outcome, convert_clip, frame_paths
from .workers import LostError, run_each

_FOLDER = 'conversion'


@dataclass(frozen=True)
class Shard:
    """A part of the clips, selected by the checksum of their ids.

    It depends only on the id, so machines need not have the same media.

    Attributes:
        index (int): From 1 to ``count``.
        count (int): Number of parts.
    """

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ValueError(f'shard {self.index}/{self.count} must be from 1 to {self.count}')

    @classmethod
    def parse(cls, text: str) -> 'Shard':
        """Read ``i/n``.

        Raises:
            ValueError: The text does not have this form.
        """
        index, slash, count = text.partition('/')
        if not (slash and index.isdigit() and count.isdigit()):
            raise ValueError(f'{text!r} is not a valid shard: write i/n, e.g. 1/4')
        return cls(int(index), int(count))

    def holds(self, clip_id: str) -> bool:
        """Whether a clip belongs to this part."""
        return zlib.crc32(name_bytes(clip_id)) % self.count == self.index - 1


#: Everything.
WHOLE = Shard()


@dataclass(frozen=True)
class Place:
    """Input and output folders, and options of the conversion.

    Attributes:
        out (Path): The data root.
        media (Path, optional): Folder of media; None if there are none yet.
        shard (Shard): The part to convert.
        workers (int): Number of processes; 0 for the current one, which a bad file may crash.
        min_seconds (float, optional): Clips with less are left out; None: the dataset's default.
        limit (float): Seconds allowed for one clip in a worker process.
    """

    out: Path
    media: Path | None = None
    shard: Shard = WHOLE
    workers: int = 0
    min_seconds: float | None = None
    limit: float = 600.0


class Conversion:
    """The conversion of clips to one data root, with one clip format.

    The outcome of each clip is a line of ``conversion/{i}of{n}.jsonl``. All such files in the
    folder are read at the start, whichever shard or machine wrote them. Usable clips that
    exist are not made again; unusable ones are tried again.

    Args:
        place (Place): Folders, shard and number of processes.
        spec (ClipSpec): The format of the clips.

    Raises:
        DataError: The folder has clips of another format, or is in use by another process.
    """

    def __init__(self, place: Place, spec: ClipSpec) -> None:
        if place.min_seconds is not None:
            spec = replace(spec, min_seconds=place.min_seconds)
        self.out, self.shard = place.out, place.shard
        self.workers, self.limit = place.workers, place.limit
        self.spec = spec
        self._folder = self.out / _FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._claim()
        self.outcomes = self._read()

    def _claim(self) -> None:
        path = self._folder / 'spec.json'
        if not path.is_file():
            with atomic_write(path) as file:
                json.dump(asdict(self.spec), file, indent=1)
        try:
            begun = dict(json.loads(path.read_bytes()))
        except (ValueError, TypeError) as error:
            raise DataError(
                f'{path} is damaged ({error}): delete it if the clips of {self.out} were made '
                'with the same options, else choose another --out'
            ) from error
        wanted = json.loads(json.dumps(asdict(self.spec)))
        values = [f'{k} {begun.get(k)}, not {v}' for k, v in wanted.items() if begun.get(k) != v]
        if values:
            raise DataError(
                f'{self.out} has clips made with {", ".join(values)}: choose another --out'
            )

    def _read(self) -> dict[str, Outcome]:
        outcomes = {}
        for path in sorted(self._folder.glob('*of*.jsonl')):
            for line in path.read_bytes().splitlines():
                try:
                    value = json.loads(line)
                    outcome = Outcome(**{**value, 'more': tuple(value['more'])})
                except (ValueError, TypeError, KeyError):
                    continue  # e.g. incomplete, because the process was killed
                if not outcome.cause or outcome.key not in outcomes:
                    outcomes[outcome.key] = outcome
        return outcomes

    def run(self, jobs: Sequence[ClipJob], label: str) -> dict[str, Outcome]:
        """Make the missing clips of this shard.

        Args:
            jobs (Sequence[ClipJob]): All clips, of all shards.
            label (str): For the progress bar.

        Returns:
            dict[str, Outcome]: The known outcomes by clip key.
        """
        with _lock(self._folder / f'{self._name}.lock', self.out, self.shard):
            mine = [job for job in jobs if self.shard.holds(job.clip_id)]
            _sweep(self.out, mine)
            left = [job for job in mine if not self._is_made(job)]
            with open(self._folder / f'{self._name}.jsonl', 'a', encoding='utf-8') as log:
                _end_line(log)
                made = _convert(left, self.out, self.spec, self.workers, self.limit)
                bar = tqdm(made, label, len(mine), initial=len(mine) - len(left), unit='clip')
                for outcome in bar:
                    self.outcomes[outcome.key] = outcome
                    if outcome.cause != 'missing':
                        log.write(json.dumps(asdict(outcome)) + '\n')
                        log.flush()
        wanted = {job.key for job in jobs}
        return {key: value for key, value in self.outcomes.items() if key in wanted}

    @property
    def _name(self) -> str:
        return f'{self.shard.index}of{self.shard.count}'

    def _is_made(self, job: ClipJob) -> bool:
        outcome = self.outcomes.get(job.key)
        if outcome is None or outcome.cause:
            return False
        last = frame_paths(job.key, outcome.frames, self.spec)[-1]
        return (self.out / last).is_file() and (self.out / f'{job.key}.wav').is_file()


@contextmanager
def _lock(path: Path, out: Path, shard: Shard) -> Iterator[None]:
    lock = Lock(path)
    if not lock.take():
        raise DataError(
            f'{out}: {lock.holder()} is converting shard {shard.index}/{shard.count} into it; '
            'wait for it, or split the work with --shard i/n'
        )
    try:
        yield
    finally:
        lock.free()


def _sweep(out: Path, jobs: Iterable[ClipJob]) -> None:
    """Delete what a killed process left of these clips."""
    mine = {job.key for job in jobs}
    for folder in {job.folder for job in jobs}:
        for draft in (out / folder).glob('.*.tmp'):
            if f'{folder}/{draft.name[1:].rsplit(".", 2)[0]}' in mine:
                shutil.rmtree(draft, ignore_errors=True)


def _end_line(log: IO[str]) -> None:
    """Start a new line if the last one is incomplete."""
    with open(log.name, 'rb') as file:
        if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b'\n':
            log.write('\n')


# ------------------------------------------------------------------------- processes


def _convert(
    jobs: Sequence[ClipJob], out: Path, spec: ClipSpec, workers: int, limit: float
) -> Iterator[Outcome]:
    yield from (convert_clip(job, out, spec) for job in jobs if job.source is None)
    waiting = [job for job in jobs if job.source is not None]
    if not waiting:
        return
    convert = partial(convert_clip, out=out, spec=spec)
    for job, outcome in run_each(convert, waiting, workers, limit):
        if isinstance(outcome, LostError):
            _sweep(out, [job])
            outcome = Outcome(job.key, 'broken', f'{job.source.path}: {outcome}')
        yield outcome
