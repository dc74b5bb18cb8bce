"""Computing the missing rows of feature arrays, shared between processes."""

import errno
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import torch
from mmengine.logging import print_log
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from mmavl.errors import DataError

from .feature_cache import FeatureArray

_POLL_SECONDS = 1.0

#: Computes the rows of some samples for some of the arrays: float [n, ...] for each array.
Compute = Callable[[list[Any], list[FeatureArray]], list[np.ndarray]]


class Samples(Protocol):
    """A map-style dataset of known length."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


def fill(
    arrays: Sequence[FeatureArray],
    samples: Samples,
    compute: Compute,
    batch_size: int,
    workers: int,
    title: str,
    strict: bool = False,
    show: bool = True,
) -> dict[int, str]:
    """Compute all missing rows, sharing the work with other processes that fill the same arrays.

    Returns when each row is stored, or was tried by this process. An interrupted run keeps what
    it has computed.

    Args:
        arrays: Created arrays of the same length N.
        samples: N samples. Those that raise a DataError are logged, and their rows stay missing.
        compute: Computes the features. A DataError for a single sample counts as bad data.
        batch_size: Samples per call of ``compute``.
        workers: Processes that load samples.
        title: For the progress bar and log messages.
        strict: Whether the first bad sample raises. Defaults to False.
        show: Whether to show a progress bar. Defaults to True.

    Returns:
        dict[int, str]: Why rows are missing, by index.

    Raises:
        DataError: A sample is bad and ``strict`` is set.
        OSError: The disk is too small for the features, or not writable.
    """
    _require_room(arrays)
    with tqdm(total=arrays[0].count, desc=title, disable=not show) as bar:
        job = _Job(arrays, batch_size, title, strict, bar)
        try:
            while job.open_chunks():
                job.refresh()
                claims = job.claims()
                first = next(claims, None)
                if first is None:
                    job.wait()
                    continue
                loader = DataLoader(
                    _Readable(samples),
                    batch_sampler=job.batches(first, claims),
                    num_workers=workers,
                    collate_fn=list,
                    generator=torch.Generator(),  # the run's random numbers stay the same
                )
                for batch in loader:
                    job.take(batch, compute)
        finally:
            job.leave()
    return job.reasons


@dataclass
class _Claim:
    """A chunk that this process is computing.

    Attributes:
        chunk (int): Its number.
        values (dict[FeatureArray, ndarray]): Rows of each array to fill, nan where missing.
        left (list[int]): Indices of the rows still to be computed.
    """

    chunk: int
    values: dict[FeatureArray, np.ndarray]
    left: list[int]


class _Job:
    """What this process has claimed and tried, and why some rows stay missing."""

    def __init__(
        self, arrays: Sequence[FeatureArray], batch_size: int, title: str, strict: bool, bar: tqdm
    ) -> None:
        self.arrays, self.batch_size, self.title = arrays, batch_size, title
        self.strict, self.bar = strict, bar
        self.reasons: dict[int, str] = {}
        self._claimed: deque[_Claim] = deque()
        self._tried: set[tuple[FeatureArray, int]] = set()
        self._waiting_for = ''

    def open_chunks(self) -> dict[int, list[FeatureArray]]:
        """The chunks that are incomplete, and the arrays they are missing from."""
        wanted: dict[int, list[FeatureArray]] = {}
        for array in self.arrays:
            missing, part = array.chunks()
            if not os.access(array.path, os.W_OK):
                part = set()  # the rest of this shared folder is complete
            for chunk in missing | {c for c in part if (array, c) not in self._tried}:
                wanted.setdefault(chunk, []).append(array)
        return dict(sorted(wanted.items()))

    def claims(self) -> Iterator[_Claim]:
        """Claim chunks that no other process is computing, one at a time."""
        for chunk, arrays in self.open_chunks().items():
            values = {a: claimed for a in arrays if (claimed := a.claim(chunk)) is not None}
            if values:
                missing = np.any([_missing(rows) for rows in values.values()], axis=0)
                rows = next(iter(values)).rows(chunk)
                claim = _Claim(chunk, values, [rows[n] for n in np.flatnonzero(missing)])
                if claim.left:
                    self._claimed.append(claim)
                    yield claim
                else:
                    self._write(claim)

    def batches(self, first: _Claim, others: Iterator[_Claim]) -> Iterator[list[int]]:
        """Indices of the missing rows in claimed chunks, in batches."""
        for claim in chain([first], others):
            rows = list(claim.left)
            for start in range(0, len(rows), self.batch_size):
                yield rows[start : start + self.batch_size]

    def take(self, batch: list[tuple[int, Any, str]], compute: Compute) -> None:
        """Add a batch's features to the oldest claims; write each chunk once it is complete."""
        claim = self._claimed[0]
        for index, _, reason in batch:
            if reason:
                self._give_up(index, reason)
        good = [(index, sample) for index, sample, reason in batch if not reason]
        if good:
            indices, samples = zip(*good)
            self._compute(claim, indices, list(samples), compute)
        del claim.left[: len(batch)]
        self.bar.update(len(batch))
        if not claim.left:
            self._write(claim)
            self._claimed.popleft()
            self.refresh()

    def _compute(
        self, claim: _Claim, indices: Sequence[int], samples: list[Any], compute: Compute
    ) -> None:
        arrays = list(claim.values)
        try:
            results = compute(samples, arrays)
        except DataError as error:
            if len(samples) > 1:
                raise
            self._give_up(indices[0], str(error))
            return
        for array, values in zip(arrays, results):
            flat = np.abs(values.reshape(len(values), -1))
            fits = (flat <= np.finfo(np.float16).max).all(1)  # nan compares false
            for index in np.asarray(indices)[~fits]:
                self._give_up(
                    int(index),
                    f'{array.path.name}: the features of sample {index} overflow float16; use '
                    'the backbone without CachedBackbone',
                )
            places = np.asarray(indices) - array.rows(claim.chunk)[0]
            claim.values[array][places[fits]] = values[fits]

    def _give_up(self, index: int, reason: str) -> None:
        if self.strict:
            raise DataError(reason)
        self.reasons[index] = reason
        print_log(f'{self.title}: {reason}', 'current', 30)

    def _write(self, claim: _Claim) -> None:
        for array, values in claim.values.items():
            array.write(claim.chunk, values)
            array.free(claim.chunk)
            self._tried.add((array, claim.chunk))

    def leave(self) -> None:
        """Store what is done of interrupted chunks, and release them."""
        for claim in self._claimed:
            for array, values in claim.values.items():
                if not _missing(values).all():
                    with suppress(OSError):  # the job is already ending with an error
                        array.write(claim.chunk, values)
        for array in self.arrays:
            array.free_all()

    def wait(self) -> None:
        """Wait briefly for the processes that compute the rest, and log their names."""
        for chunk, (array, *_) in self.open_chunks().items():
            if (holder := array.holder(chunk)) != self._waiting_for:
                self._waiting_for = holder
                print_log(
                    f'{self.title}: {holder} is computing the rest: waiting for it', 'current'
                )
            break
        time.sleep(_POLL_SECONDS)

    def refresh(self) -> None:
        """Update the progress bar with the progress of all processes."""
        array = self.arrays[0]
        rows = sum(len(array.rows(chunk)) for chunk in self.open_chunks())
        done = array.count - rows
        if done != self.bar.n:
            self.bar.n = done
            self.bar.refresh()


class _Readable(Dataset):
    """A dataset of (index, sample, error): the sample is None where it cannot be read."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[int, Any, str]:
        try:
            return index, self.samples[index], ''
        except DataError as error:
            return index, None, str(error)


def _missing(values: np.ndarray) -> np.ndarray:
    """Mask of the nan rows, bool [n]."""
    return np.isnan(values.reshape(len(values), -1)[:, 0])


def _require_room(arrays: Sequence[FeatureArray]) -> None:
    """Fail before hours of computing if the disk is too small; all arrays share one folder."""
    size = 0
    for array in arrays:
        missing, _ = array.chunks()
        size += sum(len(array.rows(chunk)) for chunk in missing) * array.row_bytes
    free = shutil.disk_usage(arrays[0].path).free
    if size > free:
        need = f'the features need {size / 1e6:.0f} MB, {free / 1e6:.0f} MB are free'
        raise OSError(errno.ENOSPC, f'not enough disk space: {need}', str(arrays[0].path))
