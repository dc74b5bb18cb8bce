"""The contents of a folder of cached features, and when they were last used."""

import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mmavl.utils.shipped import tool_command

# now a folder each; single files in earlier versions
_NAME = re.compile(
    r'(?P<split>.+)-(?P<features>\w+_features)-(?P<key>[0-9a-f]{16})'
    r'((\.partial|\.rows)?\.(npy|json))?',
    re.DOTALL,
)


@dataclass(frozen=True)
class StoredFeatures:
    """A :class:`~mmavl.datasets.feature_cache.FeatureArray` on disk.

    Attributes:
        split (str): Stem of the manifest's name.
        features (str): 'audio_features' or 'image_features'.
        key (str): A checksum of what the features were computed from.
        paths (tuple[Path, ...]): All its files.
    """

    split: str
    features: str
    key: str
    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        files = (path for path in self._files() if not path.is_dir())
        return sum(status.st_size for status in _statuses(files))

    @property
    def idle_days(self) -> float:
        """Days since a run last used it or wrote to it."""
        marks = [p / 'meta.json' for p in self.paths]
        times = (status.st_mtime for status in _statuses([*self.paths, *marks]))
        return (time.time() - max(times, default=0.0)) / 86400

    @property
    def backbone(self) -> str:
        """Class of the backbone; '' if unknown."""
        for path in self._files():
            if path.suffix == '.json':
                with suppress(OSError, ValueError, AttributeError):
                    structure = json.loads(path.read_text(encoding='utf-8')).get('backbone', '')
                    return structure.partition('(')[0]
        return ''

    def __str__(self) -> str:
        return f'{self.split}-{self.features}-{self.key}'

    def _files(self) -> Iterator[Path]:
        for path in self.paths:
            yield path
            with suppress(FileNotFoundError, NotADirectoryError):
                yield from path.iterdir()

    def delete(self) -> None:
        """Delete it."""
        for path in self.paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)  # another process may be deleting it, too
            else:
                path.unlink(missing_ok=True)


def _statuses(paths: Iterable[Path]) -> Iterator[os.stat_result]:
    """The status of each file that still exists."""
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            yield path.stat()


def stored_features(folder: Path) -> list[StoredFeatures]:
    """List all caches in a folder, most recently used first; other files are ignored."""
    caches: dict[tuple[str, str, str], list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            names = (match['split'], match['features'], match['key'])
            caches.setdefault(names, []).append(path)
    stored = [StoredFeatures(*names, tuple(paths)) for names, paths in caches.items()]
    return sorted(stored, key=lambda item: item.idle_days)


def other_caches(folder: Path, used: Iterable[Path]) -> str:
    """A sentence about unused caches of the same splits; '' if there are none.

    Args:
        folder (Path): The folder.
        used (Iterable[Path]): The caches in use.
    """
    names = {path.name for path in used}
    splits = {match['split'] for name in names if (match := _NAME.fullmatch(name))}
    others = [s for s in stored_features(folder) if s.split in splits and str(s) not in names]
    if not others:
        return ''
    size = sum(item.size for item in others) / 1e6
    return (
        f'{len(others)} other caches of {", ".join(sorted(splits))} take {size:.0f} MB there: '
        f'{tool_command("clean_cache.py")} {folder} lists them'
    )
