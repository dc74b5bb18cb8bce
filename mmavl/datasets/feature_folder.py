"""What lies in a folder of cached features, and how long nobody has used it."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(
    r'(?P<split>.+)-(?P<features>\w+_features)-(?P<key>[0-9a-f]{16})(\.partial|\.rows)?\.(npy|json)'
)


@dataclass(frozen=True)
class StoredFeatures:
    """The files of one :class:`~mmavl.datasets.feature_cache.FeatureArray`.

    Attributes:
        split (str): Stem of the manifest's name.
        features (str): 'audio_features' or 'image_features'.
        key (str): What the features were computed from, as a checksum.
        files (tuple[Path, ...]): All that belongs to it.
    """

    split: str
    features: str
    key: str
    files: tuple[Path, ...]

    @property
    def complete(self) -> bool:
        """Whether it was filled to the end."""
        return any(path.name == f'{self}.npy' for path in self.files)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(path.stat().st_size for path in self.files)

    @property
    def idle_days(self) -> float:
        """Days since a run used it or wrote to it."""
        return (time.time() - max(path.stat().st_mtime for path in self.files)) / 86400

    @property
    def backbone(self) -> str:
        """Class of the backbone; '' where it is not known yet."""
        meta = next((path for path in self.files if path.suffix == '.json'), None)
        if meta is None:
            return ''
        structure = json.loads(meta.read_text(encoding='utf-8')).get('backbone', '')
        return structure.partition('(')[0]

    def __str__(self) -> str:
        return f'{self.split}-{self.features}-{self.key}'

    def delete(self) -> None:
        """Remove its files."""
        for path in self.files:
            path.unlink(missing_ok=True)


def stored_features(folder: Path) -> list[StoredFeatures]:
    """Find all caches in a folder, those used last first; other files are left out."""
    found: dict[tuple[str, str, str], list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            found.setdefault(match.group('split', 'features', 'key'), []).append(path)
    stored = [StoredFeatures(*names, tuple(files)) for names, files in found.items()]
    return sorted(stored, key=lambda item: item.idle_days)


def other_caches(folder: Path, used: Iterable[Path]) -> str:
    """A sentence about caches beside those in use that hold the same splits; '' for none.

    Args:
        folder (Path): The folder.
        used (Iterable[Path]): ``.npy`` files in use.
    """
    names = {path.stem for path in used}
    splits = {_NAME.fullmatch(f'{name}.npy')['split'] for name in names}
    others = [s for s in stored_features(folder) if s.split in splits and str(s) not in names]
    if not others:
        return ''
    size = sum(item.size for item in others) / 1e6
    return (
        f'{len(others)} other caches of {", ".join(sorted(splits))} take {size:.0f} MB there: '
        f'python tools/clean_cache.py {folder} lists them'
    )
