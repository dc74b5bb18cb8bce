"""Samples that cannot be read: remembered, counted by cause, and recorded in a file."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import print_log

from mmavl.errors import DataError
from mmavl.utils.shipped import tool_command

_NAMED = 5
_NUMBER = re.compile(r'(?<!line )\b\d+(?:\.\d+)?\b')


@dataclass(frozen=True)
class BadSample:
    """A sample that cannot be read.

    Attributes:
        manifest (str): The manifest.
        index (int): Its index in the dataset.
        clip_id (str): Its clip.
        cause (str): What is wrong, in the same words for all samples with the same problem.
        reason (str): The error message, with the file, clip and manifest.
    """

    manifest: str
    index: int
    clip_id: str
    cause: str
    reason: str


class BadSamples:
    """The bad samples of a dataset, known to all processes that load it.

    Args:
        total (int): Samples of the dataset.
    """

    def __init__(self, total: int) -> None:
        # Shared memory: the loader's workers add to one count, which covers all epochs.
        self._known = torch.zeros(total, dtype=torch.bool).share_memory_()
        self._here: dict[int, BadSample] = {}
        self._file: Path | None = None

    def __contains__(self, index: int) -> bool:
        return bool(self._known[index])

    def __len__(self) -> int:
        return int(self._known.sum())

    def add(self, sample: BadSample) -> bool:
        """Remember a sample, also in the file if there is one; returns whether it is new."""
        if sample.index in self:
            return False
        self._here[sample.index] = sample
        if self._file is not None:
            _append(self._file, sample)
        self._known[sample.index] = True
        return True

    def check_share(self, newest: BadSample, most: float) -> None:
        """Log the newest sample.

        Args:
            newest (BadSample): The sample.
            most (float): The share of samples that may be bad.

        Raises:
            DataError: More samples are bad.
        """
        total, count = len(self._known), len(self)
        allowed = int(most * total)
        if count > allowed:
            causes = cause_line(by_cause(self.all(newest.manifest)))
            raise DataError(
                f'{newest.reason}. This is bad sample {count} of {total}, and '
                f'max_bad_share={most} allows {allowed}: {causes}. Fix the data '
                f'({tool_command("dataset_converters/check_manifest.py")} lists all problems) or '
                'raise max_bad_share'
            )
        print_log(
            f'bad sample {count}, {allowed} allowed, replaced: {newest.reason}', 'current', 30
        )

    def record_in(self, file: Path, known: Iterable[BadSample]) -> None:
        """Add samples to a file from now on.

        Args:
            file (Path): As read by :func:`read_bad_samples`.
            known (Iterable[BadSample]): Samples of this dataset that it already has.
        """
        self._file = file
        for sample in known:
            self._here[sample.index] = sample
            self._known[sample.index] = True

    def all(self, manifest: str) -> list[BadSample]:
        """The samples of all processes; without a file, those that this process has found."""
        if self._file is None:
            return list(self._here.values())
        return [s for s in read_bad_samples(self._file) if s.manifest == manifest]

    def reason(self, index: int) -> str | None:
        """Why a sample is bad, if this process knows that it is."""
        return self._here[index].reason if index in self._here else None


def _append(file: Path, sample: BadSample) -> None:
    line = json.dumps(asdict(sample)) + '\n'
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(handle, line.encode())  # one call: lines of several processes do not mix
    finally:
        os.close(handle)


def bad_samples_file(work_dir: str | Path) -> Path:
    """The file of a run's bad samples: in its work directory, one JSON object a line."""
    return Path(work_dir, 'results', 'bad_samples.jsonl')


def read_bad_samples(file: str | Path) -> list[BadSample]:
    """Read a file of bad samples, each once, without lines that a killed process left incomplete.

    Returns:
        list[BadSample]: In the order in which they were found; empty without the file.
    """
    samples: dict[tuple[str, int], BadSample] = {}
    with suppress(FileNotFoundError):
        for line in Path(file).read_text(encoding='utf-8').splitlines():
            with suppress(ValueError, TypeError):
                sample = BadSample(**json.loads(line))
                samples.setdefault((sample.manifest, sample.index), sample)
    return list(samples.values())


def cause_of(reason: str, info: Mapping[str, Any]) -> str:
    """What is wrong with a sample, without what only concerns this one.

    Args:
        reason (str): The error message, as of :meth:`AVDataset.prepare_data`.
        info (Mapping): The sample's annotations, with the paths of its media.
    """
    cause = reason.partition(' (clip ')[0]
    for path, name in _media(info):
        cause = re.sub(rf'\S*{re.escape(path)}', name, cause)
    return _NUMBER.sub('#', cause)


def _media(info: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Paths, and what a cause calls them."""
    for key, name in (('audio_path', 'audio'), ('img_path', 'frame'), ('video', 'video')):
        if info.get(key):
            yield info[key], name
    entry = info.get('entry', {})  # of a sample whose frame is random
    yield from ((path, 'frame') for path in entry.get('frames', ()))
    if 'video' in entry:
        yield entry['video'], 'video'
    for source in info.get('sources', ()):  # of a mixture
        if isinstance(source, Mapping):
            yield from _media(source)


def by_cause(samples: Iterable[BadSample]) -> dict[str, list[str]]:
    """The clips of bad samples by cause, the most frequent cause first."""
    return clips_by_cause((sample.clip_id, sample.cause) for sample in samples)


def clips_by_cause(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Clips by cause, the most frequent cause first.

    Args:
        pairs (Iterable[tuple[str, str]]): Clips, and the cause of each.
    """
    causes: dict[str, list[str]] = {}
    for clip, cause in pairs:
        causes.setdefault(cause, []).append(clip)
    return dict(sorted(causes.items(), key=lambda item: -len(item[1])))


def cause_line(causes: Mapping[str, list[str]]) -> str:
    """Causes with their counts and first clips, e.g. '2 x audio is missing (clips a, b)'."""
    parts = []
    for cause, clips in causes.items():
        more = f' and {len(clips) - _NAMED} others' if len(clips) > _NAMED else ''
        noun = 'clip' if len(clips) == 1 else 'clips'
        parts.append(f'{len(clips)} x {cause} ({noun} {", ".join(clips[:_NAMED])}{more})')
    return '; '.join(parts)
