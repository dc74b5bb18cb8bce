"""The folder of uploads and results, bounded in total."""

import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path


class Uploads:
    """Keeps a folder below a size: where room is needed, the oldest entries go first.

    What lies in the folder when this is made stays.

    Args:
        folder (str | Path): Each of its entries is removed as a whole.
        quota (int): Bytes that it may hold. Defaults to 2 GB.
        age (float): Seconds for which an entry is safe. Defaults to 600.
    """

    def __init__(self, folder: str | Path, quota: int = 2 * 10**9, age: float = 600.0) -> None:
        self.folder = Path(folder)
        self.quota = quota
        self.age = age
        self._kept = set(self.folder.iterdir())
        self._promised = 0
        self._lock = threading.Lock()

    def reserve(self, size: int) -> bool:
        """Whether there is room for so many bytes more, which :meth:`release` gives back."""
        with self._lock:
            granted = self._make_room(size)
            self._promised += size * granted
        return granted

    def release(self, size: int) -> None:
        """End a reservation: what was written by then counts by itself."""
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
    """When anything of an entry was changed last, its bytes, and itself."""
    changed, size = 0.0, 0
    for part in (path, *path.rglob('*')):
        with suppress(OSError):  # removed meanwhile
            stat = part.lstat()
            changed, size = max(changed, stat.st_mtime), size + stat.st_size
    return changed, size, path


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
