"""Computing what an array of features is missing, together with other processes that do so."""

import errno
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from mmengine.logging import print_log
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from mmavl.errors import DataError

from .feature_cache import FeatureArray

_POLL_SECONDS = 1.0

#: Gives for some samples, and some of the arrays, the rows of each of these: float [n, ...].
Compute = Callable[[list[Any], list[FeatureArray]], list[np.ndarray]]


def fill(
    arrays: Sequence[FeatureArray],
    samples: Dataset,
    compute: Compute,
    batch_size: int,
    workers: int,
    title: str,
    strict: bool = False,
    show: bool = True,
) -> dict[int, str]:
    """Compute all rows that are missing, sharing the work with whoever fills the same arrays.

    Returns when every row is there or was tried by this process. What is done when it is
    interrupted is kept.

    Args:
        arrays: Created arrays of the same length N.
        samples: N samples. Those that raise a DataError are named, and their rows stay missing.
        compute: Gives the features. A DataError of a single sample counts as the sample's.
        batch_size: Samples of one call of ``compute``.
        workers: Processes that load samples.
        title: For the progress bar and messages.
        strict: Whether the first bad sample is an error. Defaults to False.
        show: Whether to show a progress bar. Defaults to True.

    Returns:
        dict[int, str]: Why rows are missing, by their index.

    Raises:
        DataError: A sample is bad and ``strict`` is set.
        OSError: The disk has no room for the features, or cannot be written to.
    """
    _require_room(arrays)
    with tqdm(total=arrays[0].shape[0], desc=title, disable=not show) as bar:
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
                    generator=torch.Generator(),  # a run draws the same numbers, filling or not
                )
                for batch in loader:
                    job.take(batch, compute)
        finally:
            job.leave()
    return job.reasons


@dataclass
class _Claim:
    """A chunk that this process computes.

    Attributes:
        chunk (int): Its number.
        values (dict[FeatureArray, ndarray]): Rows of each array that it fills, nan where missing.
        left (list[int]): Indices of the rows still to come.
    """

    chunk: int
    values: dict[FeatureArray, np.ndarray]
    left: list[int]


class _Job:
    """What this process has claimed and tried, and why rows stay missing."""

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
        """Chunks to be computed by anybody, and of which arrays."""
        wanted: dict[int, list[FeatureArray]] = {}
        for array in self.arrays:
            missing, part = array.chunks()
            if not os.access(array.path, os.W_OK):
                part = set()  # a shared folder that is complete otherwise
            for chunk in missing | {c for c in part if (array, c) not in self._tried}:
                wanted.setdefault(chunk, []).append(array)
        return dict(sorted(wanted.items()))

    def claims(self) -> Iterator[_Claim]:
        """Claim chunks that nobody else computes, one at a time."""
        for chunk, arrays in self.open_chunks().items():
            values = {array: array.claim(chunk) for array in arrays}
            values = {array: rows for array, rows in values.items() if rows is not None}
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
        """Indices of the missing rows of claimed chunks, in batches."""
        for claim in chain([first], others):
            rows = list(claim.left)
            for start in range(0, len(rows), self.batch_size):
                yield rows[start : start + self.batch_size]

    def take(self, batch: list[tuple[int, Any, str]], compute: Compute) -> None:
        """Put a batch's features into the oldest claim, and write its chunk when that is done."""
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
            fits = (flat <= np.finfo(np.float16).max).all(1)  # nan is never less
            for index in np.asarray(indices)[~fits]:
                self._give_up(
                    int(index),
                    f'{array.path.name}: the features of sample {index} do not fit float16; use '
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
        """Keep what is done of chunks that were interrupted, and let others have them."""
        for claim in self._claimed:
            for array, values in claim.values.items():
                if not _missing(values).all():
                    with suppress(OSError):  # the error that ends the job is on its way already
                        array.write(claim.chunk, values)
        for array in self.arrays:
            array.free_all()

    def wait(self) -> None:
        """Wait a moment for the processes that compute the rest, and say which."""
        for chunk, (array, *_) in self.open_chunks().items():
            if (holder := array.holder(chunk)) != self._waiting_for:
                self._waiting_for = holder
                print_log(f'{self.title}: {holder} computes the rest: waiting for it', 'current')
            break
        time.sleep(_POLL_SECONDS)

    def refresh(self) -> None:
        """Show what all processes have done."""
        array = self.arrays[0]
        rows = sum(len(array.rows(chunk)) for chunk in self.open_chunks())
        done = array.shape[0] - rows
        if done != self.bar.n:
            self.bar.n = done
            self.bar.refresh()


class _Readable(Dataset):
    """(index, sample, why there is none) of a dataset."""

    def __init__(self, samples: Dataset) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[int, Any, str]:
        try:
            return index, self.samples[index], ''
        except DataError as error:
            return index, None, str(error)


def _missing(values: np.ndarray) -> np.ndarray:
    """Which rows are nan, bool [n]."""
    return np.isnan(values.reshape(len(values), -1)[:, 0])


def _require_room(arrays: Sequence[FeatureArray]) -> None:
    """Find a full disk before hours of computing; all arrays lie in one folder."""
    size = 0
    for array in arrays:
        missing, _ = array.chunks()
        size += sum(len(array.rows(chunk)) for chunk in missing) * array.row_bytes
    free = shutil.disk_usage(arrays[0].path).free
    if size > free:
        need = f'the features need {size / 1e6:.0f} MB, the disk has {free / 1e6:.0f}'
        raise OSError(errno.ENOSPC, f'no room: {need}', str(arrays[0].path))
