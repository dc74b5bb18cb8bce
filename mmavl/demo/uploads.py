"""The folder of uploads and results, limited in total size."""

import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path


class Uploads:
    """Limits the size of a folder: if space is needed, the oldest entries are deleted first.

    Files that are already in the folder are kept.

    Args:
        folder (str | Path): Each of its entries is deleted as a whole.
        quota (int): Maximum size in bytes. Defaults to 2 GB.
        age (float): Seconds for which an entry is protected. Defaults to 600.
    """

    def __init__(self, folder: str | Path, quota: int = 2 * 10**9, age: float = 600.0) -> None:
        self.folder = Path(folder)
        self.quota = quota
        self.age = age
        self._kept = set(self.folder.iterdir())
        self._promised = 0
        self._lock = threading.Lock()

    def reserve(self, size: int) -> bool:
        """Reserve space for further bytes, if available; :meth:`release` ends it."""
        with self._lock:
            granted = self._make_room(size)
            self._promised += size * granted
        return granted

    def release(self, size: int) -> None:
        """End a reservation; what has been written by then is counted itself."""
        with self._lock:
            self._promised -= size

    def _make_room(self, size: int) -> bool:
        entries = sorted(map(_age_and_size, self.folder.iterdir()), key=lambda entry: entry[0])
        used = sum(bytes_ for _, bytes_, _ in entries)
        # other programs need the disk, too
        most = min(self.quota, used + shutil.disk_usage(self.folder).free // 2)
        now = time.time()
        for changed, bytes_, path in entries:
            if used + self._promised + size <= most:
                break
            if path not in self._kept and now - changed >= self.age:
                _remove(path)
                used -= bytes_
        return used + self._promised + size <= most


def _age_and_size(path: Path) -> tuple[float, int, Path]:
    """Time of the last change of an entry, its size in bytes, and its path."""
    changed, size = 0.0, 0
    for part in (path, *path.rglob('*')):
        with suppress(OSError):  # deleted meanwhile
            stat = part.lstat()
            changed, size = max(changed, stat.st_mtime), size + stat.st_size
    return changed, size, path


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
