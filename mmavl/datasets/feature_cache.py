"""Features of frozen backbones on disk: a folder of array files for each modality."""

import io
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.lib.format import write_array_header_1_0

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write
from mmavl.utils.locks import Lock

#: Rows per file: a process that is killed loses at most this many.
CHUNK = 64

_META = 'meta.json'


class FeatureArray:
    """One modality's features of a whole dataset, float16 [N, ...], in files of 64 rows each.

    Each file (a *chunk*, ``00012.npy``) is written in full before it gets its name, so
    processes on one or several machines can fill the same array together: each computes the
    chunks that it has locked. A failing lock costs time, never data. In a chunk named
    ``00012.part.npy`` some rows are nan, because their media could not be read or a process was
    interrupted before reaching them. The next run tries them again.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._shape: tuple[int, ...] | None = None
        self._headers: dict[int, bytes] = {}
        self._locks: dict[int, Lock] = {}
        self._sound: set[str] = set()

    def __getstate__(self) -> dict:  # a lock belongs to one process
        return {**vars(self), '_locks': {}, '_sound': set()}

    @property
    def shape(self) -> tuple[int, ...] | None:
        """N and the shape of one row; None if nothing usable is stored yet."""
        if self._shape is None:
            with suppress(OSError, ValueError, KeyError, TypeError):
                meta = json.loads((self.path / _META).read_text(encoding='utf-8'))
                self._shape = tuple(int(size) for size in meta['shape'])
        return self._shape

    @property
    def count(self) -> int:
        """N, the number of rows of a created array."""
        return self._created_shape[0]

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one row of a created array."""
        return self._created_shape[1:]

    @property
    def _created_shape(self) -> tuple[int, ...]:
        shape = self.shape
        assert shape is not None, f'{self.path} is not created'
        return shape

    @property
    def row_bytes(self) -> int:
        """Size of one row in bytes."""
        return 2 * prod(self.row_shape)

    def create(self, shape: tuple[int, ...], meta: dict) -> None:
        """Create the folder and the JSON file that describes it. Any process may call this.

        Args:
            shape: N and the shape of one row.
            meta: Further entries of the JSON file.

        Raises:
            OSError: The folder is not writable.
        """
        with atomic_write(self.path / _META) as file:
            json.dump({**meta, 'shape': list(shape)}, file, indent=1)
        self._shape, self._headers = tuple(shape), {}

    def mark_used(self) -> None:
        """Record the time, so that ``tools/clean_cache.py`` can tell which caches are unused."""
        with suppress(OSError):  # a shared folder may be read-only
            os.utime(self.path / _META)

    # ----------------------------------------------------------------------- chunks

    def rows(self, chunk: int) -> range:
        """Indices of the rows of a chunk."""
        return range(chunk * CHUNK, min((chunk + 1) * CHUNK, self.count))

    def chunks(self) -> tuple[set[int], set[int]]:
        """The chunks that are missing, and those with nan rows.

        A file of the wrong size, e.g. after an interrupted copy, counts as missing.
        """
        names = set()
        with suppress(FileNotFoundError), os.scandir(self.path) as entries:
            names = {e.name for e in entries if e.name in self._sound or self._is_sound(e)}
        self._sound = names
        wanted = range(-(-self.count // CHUNK))
        whole = {c for c in wanted if f'{c:05d}.npy' in names}
        part = {c for c in wanted if f'{c:05d}.part.npy' in names} - whole
        return {*wanted} - whole - part, part

    def _is_sound(self, entry: os.DirEntry) -> bool:
        chunk, _, kind = entry.name.partition('.')
        if not chunk.isdecimal() or kind not in ('npy', 'part.npy'):
            return False
        with suppress(FileNotFoundError):  # another process has just replaced it
            return entry.stat().st_size == self._size(int(chunk))
        return False

    def claim(self, chunk: int) -> np.ndarray | None:
        """Lock a chunk, unless another process holds it or has completed it.

        Returns:
            ndarray | None: Its rows, float16, nan where they need to be computed; None if
            there is nothing to do. If rows are returned, call :meth:`write` or :meth:`free`.

        Raises:
            OSError: The folder is not writable.
        """
        lock = Lock(self._file(chunk).with_suffix('.lock'))
        if not lock.take():
            return None
        self._locks[chunk] = lock
        if self._fits(self._file(chunk), chunk):
            self.free(chunk)
            return None
        if self._fits(self._file(chunk, True), chunk):
            return np.load(self._file(chunk, True))
        return np.full((len(self.rows(chunk)), *self.row_shape), np.nan, np.float16)

    def holder(self, chunk: int) -> str:
        """The process that computes a chunk."""
        return Lock(self._file(chunk).with_suffix('.lock')).holder()

    def write(self, chunk: int, values: np.ndarray) -> None:
        """Store the rows of a claimed chunk, float16; a missing row is all nan.

        Raises:
            OSError: The disk is full, or the folder is not writable.
        """
        missing = np.isnan(values.reshape(len(values), -1)[:, 0]).any()
        with atomic_write(self._file(chunk, missing), 'wb') as file:
            np.lib.format.write_array(file, values, (1, 0))
        if not missing:
            self._file(chunk, True).unlink(missing_ok=True)

    def free(self, chunk: int) -> None:
        """Release a claimed chunk to other processes."""
        if lock := self._locks.pop(chunk, None):
            lock.free()

    def free_all(self) -> None:
        """Release all claimed chunks to other processes."""
        for chunk in list(self._locks):
            self.free(chunk)

    def _file(self, chunk: int, part: bool = False) -> Path:
        return self.path / f'{chunk:05d}{".part" if part else ""}.npy'

    def _header(self, chunk: int) -> bytes:
        count = len(self.rows(chunk))
        if count not in self._headers:
            header, shape = io.BytesIO(), (count, *self.row_shape)
            entries = {'descr': '<f2', 'fortran_order': False, 'shape': shape}
            write_array_header_1_0(header, entries)
            self._headers[count] = header.getvalue()
        return self._headers[count]

    def _size(self, chunk: int) -> int:
        return len(self._header(chunk)) + len(self.rows(chunk)) * self.row_bytes

    def _fits(self, path: Path, chunk: int) -> bool:
        if not path.is_file() or path.stat().st_size != self._size(chunk):
            return False
        header = self._header(chunk)
        with open(path, 'rb') as file:
            return file.read(len(header)) == header

    # ----------------------------------------------------------------------- reading

    def read(self, index: int) -> np.ndarray:
        """Read one row, float16; nan if it is missing.

        Raises:
            DataError: The file is missing, truncated, or belongs to another array.
        """
        chunk, row = divmod(index, CHUNK)
        return self._read(chunk, row, 1)[0]

    def read_all(self) -> np.ndarray:
        """Read all rows, float16 [N, ...]; nan where they are missing.

        Raises:
            DataError: As :meth:`read`.
        """
        chunks = range(-(-self.count // CHUNK))
        return np.concatenate([self._read(chunk, 0, len(self.rows(chunk))) for chunk in chunks])

    def _read(self, chunk: int, first: int, count: int) -> np.ndarray:
        for part in (False, True):
            with suppress(FileNotFoundError):
                return self._read_file(self._file(chunk, part), self._header(chunk), first, count)
        raise DataError(
            f'{self._file(chunk)} is missing: if the cache was deleted while in use, restart the '
            'run, which computes it again'
        )

    def _read_file(self, path: Path, header: bytes, first: int, count: int) -> np.ndarray:
        data = bytearray(count * self.row_bytes)
        # no memory mapping: reading past the end of a truncated file would kill the process
        with open(path, 'rb', buffering=0) as file:
            known = file.read(len(header)) == header
            file.seek(len(header) + first * self.row_bytes)
            if not known or file.readinto(data) != len(data):
                raise DataError(
                    f'{path} is damaged, or not a file of this cache: delete it and restart the '
                    'run, which computes it again'
                )
        return np.frombuffer(data, np.float16).reshape(count, *self.row_shape)


class FeatureReader(Protocol):
    """Features of a dataset's samples by their numbers."""

    def read(self, index: int) -> dict[str, np.ndarray]:
        """The features of one sample by name."""


class FeatureCache:
    """Cached features that :class:`AVDataset` reads in place of media.

    Args:
        reasons: Why rows are missing, by index, where known.
        **arrays: The array of each modality, named like the model's inputs ('audio_features',
            'image_features').
    """

    def __init__(self, reasons: dict[int, str] | None = None, **arrays: FeatureArray) -> None:
        self.arrays = arrays
        self.reasons = reasons or {}

    def read(self, index: int) -> dict[str, np.ndarray]:
        """Read the features of one sample, float16.

        Raises:
            DataError: The media could not be read when the cache was filled.
        """
        features = {name: array.read(index) for name, array in self.arrays.items()}
        for name, values in features.items():
            if np.isnan(values.flat[0]):
                reason = self.reasons.get(index, 'its media could not be read')
                raise DataError(
                    f'{reason} (when {self.arrays[name].path.name} was filled; the next run tries '
                    'again)'
                )
        return features


class FeatureSubset:
    """The features of a subset of a dataset, whose samples are numbered from 0.

    Args:
        features: Those of the whole dataset.
        indices: The samples of the subset, as for :meth:`AVDataset.get_subset`: a list, or
            a number of samples, from the start (or from the end if negative).
        total: Number of samples in the whole dataset.
    """

    def __init__(self, features: FeatureReader, indices: int | Sequence[int], total: int) -> None:
        every = range(total)
        self.rows: Sequence[int]
        if isinstance(indices, int):
            self.rows = every[:indices] if indices >= 0 else every[indices:]
        else:
            self.rows = [every[index] for index in indices]
        self.features = features

    def read(self, index: int) -> dict[str, np.ndarray]:
        """Read the features of one sample of the subset."""
        return self.features.read(self.rows[index])
