"""Features of frozen backbones on disk, one memory-mapped array for each modality."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write

_SYNC_ROWS = 512  # flushing a large mapping is slow


class FeatureArray:
    """One modality's features of a whole dataset, float16 [N, ...] in an ``.npy`` file.

    While it is filled, the array lies beside its final name together with a list of the rows
    that are done, so an interrupted run goes on where it was and a reader never meets a
    half-filled file.

    Args:
        path: The final ``.npy`` file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._partial = self.path.with_suffix('.partial.npy')
        self._rows = self.path.with_suffix('.rows.npy')
        self._array: np.ndarray | None = None
        self._pending: list[int] = []

    @property
    def complete(self) -> bool:
        """Whether every row is there."""
        return self.path.is_file()

    def create(self, shape: tuple[int, ...]) -> None:
        """Allocate the array, unless an earlier run did. One process calls this.

        Args:
            shape: N and the shape of one row.

        Raises:
            OSError: The disk has no room for it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        resumable = self._partial.is_file() and self._rows.is_file()
        if resumable and np.load(self._partial, mmap_mode='r').shape == tuple(shape):
            return
        _allocate(self._partial, np.float16, tuple(shape))
        _allocate(self._rows, bool, tuple(shape[:1]))

    def missing(self) -> np.ndarray:
        """Indices of the rows that are still to be computed."""
        return np.flatnonzero(~np.load(self._rows))

    def write(self, indices: list[int], values: np.ndarray) -> None:
        """Store rows [n, ...].

        Raises:
            DataError: A value is not finite in float16.
        """
        if not np.isfinite(values).all() or np.abs(values).max() > np.finfo(np.float16).max:
            raise DataError(
                f'{self.path.name}: a feature does not fit float16; use the backbone without '
                'CachedBackbone'
            )
        self._store(indices, values)

    def write_bad(self, indices: list[int]) -> None:
        """Mark rows whose media cannot be read: they are stored as nan."""
        if indices:
            self._store(indices, np.nan)

    def _store(self, indices: list[int], values: np.ndarray | float) -> None:
        if self._array is None:
            self._array = np.load(self._partial, mmap_mode='r+')
        self._array[indices] = values
        self._pending += indices
        if len(self._pending) >= _SYNC_ROWS:
            self.sync()

    def sync(self) -> None:
        """Bring what was written to the disk, and only then count its rows as done."""
        if self._array is not None:
            self._array.flush()
            rows = np.load(self._rows, mmap_mode='r+')
            rows[self._pending] = True
            rows.flush()
            self._pending.clear()

    def finish(self, meta: dict) -> None:
        """Give the filled array its name, with a JSON file that says what it holds."""
        if len(self.missing()):
            raise RuntimeError(f'{self._partial} still misses rows {self.missing()[:5]}...')
        with atomic_write(self.path.with_suffix('.json')) as file:
            json.dump(meta, file, indent=1)
        self._partial.replace(self.path)
        self._rows.unlink()

    def mark_used(self) -> None:
        """Note the time, so that ``tools/clean_cache.py`` can tell what nobody uses any more."""
        with suppress(OSError):  # a shared folder may be read-only
            os.utime(self.path.with_suffix('.json'))

    def open(self) -> np.ndarray:
        """The array, mapped read-only."""
        return np.load(self.path, mmap_mode='r')


def _allocate(path: Path, dtype: type, shape: tuple[int, ...]) -> None:
    """Make an array file of zeros that owns its blocks: a mapping cannot report a full disk."""
    try:
        open_memmap(path, mode='w+', dtype=dtype, shape=shape).flush()
        if hasattr(os, 'posix_fallocate'):  # macOS has none
            with path.open('r+b') as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        path.unlink(missing_ok=True)
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize / 1e6
        reason = f'{error.strerror}; the features need {size:.0f} MB'
        raise OSError(error.errno, reason, str(path)) from error


class FeatureCache:
    """What :class:`AVDataset` reads instead of media.

    Args:
        **paths: File of each modality, named as in the model's inputs ('audio_features',
            'image_features').
    """

    def __init__(self, **paths: Path) -> None:
        self.paths = paths
        self._arrays: dict[str, np.ndarray] = {}

    def __getstate__(self) -> dict:  # a worker maps the files itself
        return {'paths': self.paths, '_arrays': {}}

    def read(self, index: int) -> dict[str, np.ndarray]:
        """Features of one sample, float16.

        Raises:
            DataError: Its media could not be read when the cache was filled.
        """
        if not self._arrays:
            self._arrays = {name: FeatureArray(path).open() for name, path in self.paths.items()}
        features = {name: array[index] for name, array in self._arrays.items()}
        for name, values in features.items():
            if np.isnan(values.flat[0]):
                raise DataError(
                    f'the media could not be read when {self.paths[name].name} was filled; '
                    'mend them and run again, the features are then computed anew'
                )
        return features


class FeatureSubset:
    """The features of a dataset's subset, whose samples are numbered anew.

    Args:
        features: The whole dataset's, with a method ``read(index)``.
        indices: The samples taken, as :meth:`AVDataset.get_subset` understands them: a list, or
            the number of the first (below zero: the last) samples.
        total: Number of samples of the whole dataset.
    """

    def __init__(self, features: object, indices: int | Sequence[int], total: int) -> None:
        every = range(total)
        if isinstance(indices, int):
            self.rows = every[:indices] if indices >= 0 else every[indices:]
        else:
            self.rows = [every[index] for index in indices]
        self.features = features

    def read(self, index: int) -> dict[str, np.ndarray]:
        """Features of one sample of the subset."""
        return self.features.read(self.rows[index])
