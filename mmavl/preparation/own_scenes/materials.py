"""A user's pictures and recordings: found, prepared once, and split."""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from unicodedata import normalize

import cv2
import numpy as np
import soundfile
from tqdm import tqdm

from mmavl.errors import DataError
from mmavl.media.formats import kind_of
from mmavl.media.image import read_image, read_image_with_alpha
from mmavl.preparation.converters.index import walk_media
from mmavl.preparation.converters.report import Report
from mmavl.preparation.converters.workers import LostError, run_each
from mmavl.preparation.own_scenes.cutout import cut_out
from mmavl.preparation.own_scenes.recording import read_recording, without_pauses
from mmavl.scenes.pixels import shrink
from mmavl.scenes.waves import SAMPLE_RATE
from mmavl.utils.files import atomic_write
from mmavl.utils.locks import one_at_a_time
from mmavl.utils.names import name_bytes

#: One in this many pictures or recordings of a class is for validation, and one for testing.
_ONE_IN = 5
_BACKGROUND_SIDE = 640
_RECIPE = 1  # increase when the preparation changes


@dataclass(frozen=True)
class Material:
    """A file of the user.

    Args:
        kind: One of ``KINDS``.
        label: Its class; '' if it belongs to none.
        name: Its path below the folder of its kind, used in manifests.
        path: The file.
        key: Checksum of its content.
        prepared: The file used in scenes: a PNG, JPEG or FLAC.
        length: Samples of a prepared recording.
    """

    kind: str
    label: str
    name: str
    path: Path
    key: str = ''
    prepared: Path = Path()
    length: int = 0

    @property
    def unit(self) -> str:
        """The part that is in one split: the sub-folder of its class, or the file alone."""
        parts = Path(self.name).parts[1 if self.label else 0 :]
        return parts[0]


@dataclass(frozen=True)
class Kind:
    """How files of a kind are read and stored."""

    media: str
    suffix: str
    prepare: Callable[[str, str], bytes | np.ndarray]


def _cutout(path: str, name: str) -> bytes:
    return _encoded('.png', cut_out(read_image_with_alpha(path), name))


def _background(path: str, _: str) -> bytes:
    picture = cv2.cvtColor(read_image(path), cv2.COLOR_RGB2BGR)
    return _encoded('.jpg', shrink(picture, _BACKGROUND_SIDE, short=True))


def _phrases(path: str, _: str) -> np.ndarray:
    return without_pauses(read_recording(path))


def _as_it_is(path: str, _: str) -> np.ndarray:
    return read_recording(path)


def _encoded(suffix: str, picture: np.ndarray) -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


KINDS = {
    'pictures': Kind('picture', '.png', _cutout),
    'sounds': Kind('sound', '.flac', _phrases),
    'backgrounds': Kind('picture', '.jpg', _background),
    'impulse-responses': Kind('sound', '.flac', _as_it_is),
    'noise': Kind('sound', '.flac', _as_it_is),
}


def find_materials(kind: str, root: Path, with_classes: bool, report: Report) -> list[Material]:
    """Find the files of a kind below a folder; other files are reported.

    Args:
        kind: One of ``KINDS``.
        root: The folder.
        with_classes: Whether its sub-folders are classes.
        report: Receives skipped files.

    Raises:
        DataError: It is not a folder.
    """
    if not root.is_dir():
        raise DataError(f'--{kind} {root} is not a folder')
    materials: list[Material] = []
    unreadable: list[OSError] = []
    for folder, names in walk_media(root, unreadable=unreadable):
        for file in names:
            path = Path(folder, file)
            name = path.relative_to(root).as_posix()
            if kind_of(path) != KINDS[kind].media:
                report.add('', name, 'passed over', f'{path} is not a {KINDS[kind].media}')
            elif with_classes and '/' not in name:
                report.add('', name, 'no class', f"{path} is not in a class's folder")
            else:
                label = normalize('NFC', name.partition('/')[0]) if with_classes else ''
                materials.append(Material(kind, label, name, path))
    report.add_unreadable(unreadable)
    return materials


def prepare(
    materials: list[Material], folder: Path, workers: int, limit: float, report: Report
) -> list[Material]:
    """Prepare files; files that were prepared or rejected before are not tried again.

    Args:
        materials: The files.
        folder: Folder of the prepared files and their index.
        workers: Number of processes; a file that crashes the decoder affects only itself.
        limit: Seconds allowed for a file.
        report: Receives unusable and duplicate files.

    Returns:
        list[Material]: The usable ones, in order.
    """
    keyed = list(_different(materials, folder, report))
    with one_at_a_time(folder / 'prepare.lock', f'is preparing materials in {folder}'):
        index = _Index(folder / 'index.json')
        waiting = [m for m in keyed if not index.knows(m)]
        try:
            done = run_each(_prepare, waiting, workers, limit)
            for material, result in tqdm(done, 'materials', len(waiting), disable=not waiting):
                index.add(material, result)
        finally:
            index.write()
    usable = []
    for material in keyed:
        entry = index.of(material)
        if entry['problem']:
            report.add('', material.name, entry['cause'], entry['problem'])
        else:
            usable.append(replace(material, length=entry['length']))
    return usable


def _different(materials: Iterable[Material], folder: Path, report: Report) -> Iterable[Material]:
    """Materials with their checksums, without files of the same content."""
    first: dict[tuple[str, str], Material] = {}
    for material in tqdm(materials, 'checksums', disable=None):
        try:
            key = _checksum(material.path)
        except OSError as error:
            report.add('', material.name, 'unreadable', str(error))
            continue
        other = first.setdefault((material.kind, key), material)
        if other is not material:
            detail = f'{material.path} is the same file as {other.path}'
            report.add('', material.name, 'duplicate', detail)
            continue
        place = folder / material.kind / f'{key[:16]}{KINDS[material.kind].suffix}'
        yield replace(material, key=key, prepared=place)


def _checksum(path: Path) -> str:
    total = hashlib.sha1()
    with open(path, 'rb') as file:
        while block := file.read(2**20):
            total.update(block)
    return total.hexdigest()


class _Index:
    """The result for each file, by its content."""

    def __init__(self, path: Path) -> None:
        self._path, self._entries = path, {}
        try:
            content = json.loads(path.read_text())
            if content['recipe'] == _RECIPE:
                self._entries = content['files']
        except (OSError, ValueError, KeyError, TypeError):
            pass  # it is made again

    def knows(self, material: Material) -> bool:
        entry = self._entries.get(_place(material))
        return entry is not None and (bool(entry['problem']) or material.prepared.is_file())

    def of(self, material: Material) -> dict:
        return self._entries[_place(material)]

    def add(self, material: Material, result: 'tuple[str, str, int] | LostError') -> None:
        if isinstance(result, LostError):
            result = 'broken', f'{material.path} {result}', 0
        cause, problem, length = result
        entry = {'cause': cause, 'problem': problem, 'length': length}
        self._entries[_place(material)] = entry

    def write(self) -> None:
        with atomic_write(self._path) as file:
            json.dump({'recipe': _RECIPE, 'files': self._entries}, file, indent=1)


def _place(material: Material) -> str:
    return f'{material.kind}/{material.key}'


def _prepare(material: Material) -> tuple[str, str, int]:
    """Write a prepared file; returns cause and text of a problem, and the samples of a sound."""
    cv2.setNumThreads(1)
    try:
        content = KINDS[material.kind].prepare(str(material.path), str(material.path))
    except DataError as error:
        return _cause(str(error)), str(error), 0
    except Exception as error:  # e.g. of a decoder
        return 'unreadable', f'{material.path}: {error}', 0
    with atomic_write(material.prepared, 'wb') as file:
        if isinstance(content, bytes):
            file.write(content)
            return '', '', 0
        soundfile.write(file, content, SAMPLE_RATE, 'PCM_16', format='FLAC')
    return '', '', len(content)


def _cause(problem: str) -> str:
    causes = {
        'plain background': 'no plain background',
        'instead of one': 'several objects',
        'transparent': 'transparent',
        'is silent': 'silent',
        'is shorter': 'short',
    }
    return next((cause for words, cause in causes.items() if words in problem), 'unreadable')


def divide(materials: Iterable[Material]) -> dict[str, list[Material]]:
    """Split the materials of a kind and class, keeping each unit together.

    The order is a checksum of the unit's name. One in five is for validation and one in five for
    testing, at least one of each if there are three; of two, one is for training, one for testing.

    Returns:
        dict: 'train', 'val', 'test' -> materials, in the order of their names.
    """
    units: dict[str, list[Material]] = {}
    for material in sorted(materials, key=lambda m: m.name):
        units.setdefault(material.unit, []).append(material)
    order = sorted(units, key=lambda unit: (zlib.crc32(name_bytes(unit)), unit))
    held = max(1, round(len(order) / _ONE_IN)) if len(order) > 2 else 0
    names = ['val'] * held + ['test'] * held if held else ['test'] * (len(order) - 1)
    splits: dict[str, list[Material]] = {'train': [], 'val': [], 'test': []}
    for number, unit in enumerate(order):
        splits[names[number] if number < len(names) else 'train'] += units[unit]
    return {split: sorted(part, key=lambda m: m.name) for split, part in splits.items()}
