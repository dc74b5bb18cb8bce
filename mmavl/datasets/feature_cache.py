"""Features of frozen backbones on disk, a folder of array files for each modality."""

import io
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from math import prod
from pathlib import Path

import numpy as np
from numpy.lib.format import write_array_header_1_0

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write
from mmavl.utils.locks import Lock

#: Rows of one file: a process that is killed has at most so many to compute again.
CHUNK = 64

_META = 'meta.json'


class FeatureArray:
    """One modality's features of a whole dataset, float16 [N, ...], in files of 64 rows each.

    Each file (a *chunk*, ``00012.npy``) is written whole and then takes its name. Processes that
    fill the same array, on one or several machines, therefore share the work, each with the
    chunks it has locked; a lock that fails costs time, and never a row. In a chunk called
    ``00012.part.npy`` some rows are nan: their media could not be read, or an interrupted
    process had not come to them yet. The next run tries them again.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._shape: tuple[int, ...] | None = None
        self._headers: dict[int, bytes] = {}
        self._locks: dict[int, Lock] = {}
        self._sound: set[str] = set()

    def __getstate__(self) -> dict:  # a lock belongs to its process
        return {**vars(self), '_locks': {}, '_sound': set()}

    @property
    def shape(self) -> tuple[int, ...] | None:
        """N and the shape of one row; None where nothing usable is there yet."""
        if self._shape is None:
            with suppress(OSError, ValueError, KeyError, TypeError):
                meta = json.loads((self.path / _META).read_text(encoding='utf-8'))
                self._shape = tuple(int(size) for size in meta['shape'])
        return self._shape

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return 2 * prod(self.shape[1:])

    def create(self, shape: tuple[int, ...], meta: dict) -> None:
        """Make the folder, with a JSON file that says what it holds. Any process may call this.

        Args:
            shape: N and the shape of one row.
            meta: What else to write down.

        Raises:
            OSError: The folder cannot be written to.
        """
        with atomic_write(self.path / _META) as file:
            json.dump({**meta, 'shape': list(shape)}, file, indent=1)
        self._shape, self._headers = tuple(shape), {}

    def mark_used(self) -> None:
        """Note the time, so that ``tools/clean_cache.py`` can tell what nobody uses any more."""
        with suppress(OSError):  # a shared folder may be read-only
            os.utime(self.path / _META)

    # ----------------------------------------------------------------------- chunks

    def rows(self, chunk: int) -> range:
        """Indices of the rows of a chunk."""
        return range(chunk * CHUNK, min((chunk + 1) * CHUNK, self.shape[0]))

    def chunks(self) -> tuple[set[int], set[int]]:
        """The chunks that are not there, and those with rows that are nan.

        A file of the wrong size, as a broken disk or a careless copy leaves it, is not there.
        """
        names = set()
        with suppress(FileNotFoundError), os.scandir(self.path) as entries:
            names = {e.name for e in entries if e.name in self._sound or self._is_sound(e)}
        self._sound = names
        wanted = range(-(-self.shape[0] // CHUNK))
        whole = {c for c in wanted if f'{c:05d}.npy' in names}
        part = {c for c in wanted if f'{c:05d}.part.npy' in names} - whole
        return {*wanted} - whole - part, part

    def _is_sound(self, entry: os.DirEntry) -> bool:
        chunk, _, kind = entry.name.partition('.')
        if not chunk.isdecimal() or kind not in ('npy', 'part.npy'):
            return False
        with suppress(FileNotFoundError):  # its process has just replaced it
            return entry.stat().st_size == self._size(int(chunk))
        return False

    def claim(self, chunk: int) -> np.ndarray | None:
        """Lock a chunk, unless another process has it or has completed it meanwhile.

        Returns:
            ndarray | None: Its rows, float16, nan where they are to be computed; None where
            there is nothing to do. Whoever gets rows calls :meth:`write` or :meth:`free`.

        Raises:
            OSError: The folder cannot be written to.
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
        return np.full((len(self.rows(chunk)), *self.shape[1:]), np.nan, np.float16)

    def holder(self, chunk: int) -> str:
        """Which process computes a chunk."""
        return Lock(self._file(chunk).with_suffix('.lock')).holder()

    def write(self, chunk: int, values: np.ndarray) -> None:
        """Store a claimed chunk's rows, float16; whole nan where they are still missing.

        Raises:
            OSError: The disk is full, or the folder cannot be written to.
        """
        missing = np.isnan(values.reshape(len(values), -1)[:, 0]).any()
        with atomic_write(self._file(chunk, missing), 'wb') as file:
            np.lib.format.write_array(file, values, (1, 0))
        if not missing:
            self._file(chunk, True).unlink(missing_ok=True)

    def free(self, chunk: int) -> None:
        """Let other processes compute a claimed chunk."""
        if lock := self._locks.pop(chunk, None):
            lock.free()

    def free_all(self) -> None:
        """Let other processes compute all claimed chunks."""
        for chunk in list(self._locks):
            self.free(chunk)

    def _file(self, chunk: int, part: bool = False) -> Path:
        return self.path / f'{chunk:05d}{".part" if part else ""}.npy'

    def _header(self, chunk: int) -> bytes:
        count = len(self.rows(chunk))
        if count not in self._headers:
            header, shape = io.BytesIO(), (count, *self.shape[1:])
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
        """One row, float16; nan where it is missing.

        Raises:
            DataError: The file is gone, cut off, or none of this array's.
        """
        chunk, row = divmod(index, CHUNK)
        return self._read(chunk, row, 1)[0]

    def read_all(self) -> np.ndarray:
        """All rows, float16 [N, ...]; nan where they are missing.

        Raises:
            DataError: As :meth:`read`.
        """
        chunks = range(-(-self.shape[0] // CHUNK))
        return np.concatenate([self._read(chunk, 0, len(self.rows(chunk))) for chunk in chunks])

    def _read(self, chunk: int, first: int, count: int) -> np.ndarray:
        for part in (False, True):
            with suppress(FileNotFoundError):
                return self._read_file(self._file(chunk, part), self._header(chunk), first, count)
        raise DataError(
            f'{self._file(chunk)} is gone: if the cache was deleted while it was used, start the '
            'run again, which computes it again'
        )

    def _read_file(self, path: Path, header: bytes, first: int, count: int) -> np.ndarray:
        data = bytearray(count * self.row_bytes)
        # not a memory mapping: reading past the end of a file that was cut off kills a process
        with open(path, 'rb', buffering=0) as file:
            known = file.read(len(header)) == header
            file.seek(len(header) + first * self.row_bytes)
            if not known or file.readinto(data) != len(data):
                raise DataError(
                    f'{path} is damaged, or not a file of this cache: delete it and start the '
                    'run again, which computes it again'
                )
        return np.frombuffer(data, np.float16).reshape(count, *self.shape[1:])


class FeatureCache:
    """What :class:`AVDataset` reads instead of media.

    Args:
        reasons: Why rows are missing, by their index, as far as that is known.
        **arrays: Each modality, named as in the model's inputs ('audio_features',
            'image_features').
    """

    def __init__(self, reasons: dict[int, str] | None = None, **arrays: FeatureArray) -> None:
        self.arrays = arrays
        self.reasons = reasons or {}

    def read(self, index: int) -> dict[str, np.ndarray]:
        """Features of one sample, float16.

        Raises:
            DataError: Its media could not be read when the cache was filled.
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
    """The features of a dataset's subset, whose samples have numbers of their own.

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
