"""Composing scenes with boxes and separate sources from folders of pictures and recordings."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mmavl.errors import DataError
from mmavl.preparation.converters.report import Report
from mmavl.preparation.own_scenes.materials import Material, divide, find_materials, prepare
from mmavl.preparation.own_scenes.spec import OwnSpec, SplitMaterials, load_banks
from mmavl.scenes.build import build_splits
from mmavl.scenes.frame import STYLE, FrameStyle
from mmavl.scenes.plan import SAME_FAMILY_SHARE, SILENT_SHARE
from mmavl.scenes.spec import SplitSpec
from mmavl.utils.file_names import require_name

AUGMENTATIONS = ('reverb', 'noise', 'equaliser', 'codec', 'pitch')
#: Shares of the scenes with one, two and three sounding objects.
LEVELS = (0.5, 0.35, 0.15)
_CLASSED = ('pictures', 'sounds')


@dataclass
class Composition:
    """A data set composed from folders.

    Attributes:
        folders (dict[str, Path]): 'pictures' and 'sounds', whose sub-folders are classes;
            optionally 'backgrounds', 'impulse-responses' and 'noise'.
        out (Path): The data root.
        sizes (dict[str, int]): Split -> number of scenes, for 'train', 'val', 'test'.
        seed (int): Seed of the scenes; the split of the materials does not depend on it.
        classes (list[str]): The classes to use; empty for all that have both folders.
        families (dict[str, list[str]]): Family -> classes; other classes form their own families.
        levels (list[float]): Shares of scenes with one, two, ... sounding objects; empty for
            50, 35 and 15 %, as far as there are enough families.
        silent (float): Share of scenes with a silent object.
        same_family (float): Share of these where it belongs to the family of a sounding object.
        augment (list[str]): Names from ``AUGMENTATIONS``.
        frame_style (FrameStyle): Side of the frame and sizes of the objects.
        workers (int): Number of processes.
        limit (float): Seconds allowed for preparing a file.
    """

    folders: Mapping[str, Path]
    out: Path
    sizes: Mapping[str, int]
    seed: int = 0
    classes: Sequence[str] = ()
    families: Mapping[str, Sequence[str]] = field(default_factory=dict)
    levels: Sequence[float] = ()
    silent: float = SILENT_SHARE
    same_family: float = SAME_FAMILY_SHARE
    augment: Sequence[str] = ()
    frame_style: FrameStyle = STYLE
    workers: int = 1
    limit: float = 120.0

    def gather(self, report: Report) -> list[Material]:
        """Find and prepare the materials, and check that they suffice for the splits.

        Args:
            report: Receives unusable files.

        Raises:
            DataError: A class lacks material, or the options do not fit the classes.
            OSError: A file cannot be written.
        """
        classes, files = self._find(report)
        fitting_levels(self.levels, len(complete_families(self.families, classes)))
        folder = self.out / 'materials'
        materials = prepare(files, folder, self.workers, self.limit, report)
        _require_enough(materials, self._divided(materials), classes)
        return materials

    def build(self, materials: Sequence[Material]) -> Iterator[tuple[SplitSpec, Counter]]:
        """Compose the splits.

        Args:
            materials: From :meth:`gather`.

        Yields:
            tuple: The spec of each split once it is done, with the counts of
            :func:`~mmavl.scenes.build.build_splits`.

        Raises:
            DataError: A folder has scenes of other materials or options.
            OSError: A file cannot be written.
        """
        specs = [self._spec(split, materials) for split in self.sizes]
        load = partial(load_banks, self._divided(materials), tuple(self.augment))
        yield from build_splits(self.out, specs, load, self.workers)

    def _divided(self, materials: Sequence[Material]) -> dict[str, SplitMaterials]:
        return {split: _share_of(materials, split) for split in self.sizes}

    def _find(self, report: Report) -> tuple[list[str], list[Material]]:
        """The classes, and their files together with those that belong to no class."""
        files = [
            material
            for kind, root in self.folders.items()
            for material in find_materials(kind, root, kind in _CLASSED, report)
        ]
        labels = {kind: sorted({m.label for m in files if m.kind == kind}) for kind in _CLASSED}
        classes = check_classes(labels['pictures'], labels['sounds'], self.classes)
        return classes, [m for m in files if not m.label or m.label in classes]

    def _spec(self, split: str, materials: Sequence[Material]) -> OwnSpec:
        classes = list(self.classes) or sorted({m.label for m in materials if m.label})
        groups = complete_families(self.families, classes)
        return OwnSpec(
            split,
            self.sizes[split],
            self.seed,
            dataset=self.out.resolve().name,
            classes=classes,
            groups=groups,
            has_families=bool(self.families),
            levels=fitting_levels(self.levels, len(groups)),
            silent=self.silent,
            same_family=self.same_family,
            augment=[name for name in AUGMENTATIONS if name in self.augment],
            materials=_checksum(materials),
            frame_style=self.frame_style,
        )


def check_classes(
    pictures: Sequence[str], sounds: Sequence[str], wanted: Sequence[str] = ()
) -> list[str]:
    """The classes for scenes: those requested, else all; each must have both folders.

    Args:
        pictures: Classes with pictures.
        sounds: Classes with recordings.
        wanted: Requested classes; empty for all.

    Raises:
        DataError: A class lacks pictures or recordings, names differ only by case, or there are
            fewer than two classes; the message has one problem per line.
    """
    names = list(wanted) or sorted({*pictures, *sounds})
    problems = []
    for name in names:
        require_name(name, 'a class')
        lacks = [k for k, have in zip(_CLASSED, (pictures, sounds)) if name not in have]
        others = {o for o in (*pictures, *sounds) if o.casefold() == name.casefold()} - {name}
        if others:
            pair = ' and '.join(map(repr, sorted({name, *others})))
            problems.append(f'{pair} differ only by case: rename a folder')
        elif lacks:
            problems.append(f'class {name!r} has no files in --{" and --".join(lacks)}')
    if not problems and len(names) < 2:
        problems.append(f'scenes need at least two classes, not {names}')
    if problems:
        both = [name for name in names if name in pictures and name in sounds]
        some = f': --classes {" ".join(both)}' if len(both) > 1 and not wanted else ''
        lines = '\n  '.join(['the folders cannot be used:', *dict.fromkeys(problems)])
        raise DataError(f'{lines}\nAdd files, or select classes{some}')
    return names


def complete_families(
    families: Mapping[str, Sequence[str]], classes: Sequence[str]
) -> dict[str, list[str]]:
    """Complete the families: a class that is in none gets its own.

    Raises:
        DataError: A family lists an unknown class, or a class is in two families.
    """
    groups = {family: list(members) for family, members in families.items()}
    counts = Counter(name for members in groups.values() for name in members)
    unknown = sorted(set(counts) - set(classes))
    if unknown:
        raise DataError(f'--families: {unknown} are not classes ({list(classes)})')
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise DataError(f'--families: {twice} occur twice')
    alone = [name for name in classes if name not in counts]
    clash = sorted(set(alone) & set(groups))
    if clash:
        raise DataError(f'--families: {clash} are names of both families and single classes')
    return groups | {name: [name] for name in alone}


def fitting_levels(levels: Sequence[float], families: int) -> list[float]:
    """Shares of scenes with one, two, ... sounding objects, each from another family.

    Raises:
        DataError: There are fewer families than sounding objects.
    """
    if len(levels) > families:
        raise DataError(
            f'--sounding has shares for up to {len(levels)} sounding objects, each from another '
            f'family, but there are only {families} families'
        )
    chosen = list(levels) or list(LEVELS[:families])
    return [share / sum(chosen) for share in chosen]


def _share_of(materials: Sequence[Material], split: str) -> SplitMaterials:
    groups: dict[tuple[str, str], list[Material]] = {}
    for material in materials:
        groups.setdefault((material.kind, material.label), []).append(material)
    kinds = (*_CLASSED, 'backgrounds', 'impulse-responses', 'noise')
    share: SplitMaterials = {kind: {} for kind in kinds}
    for (kind, label), items in groups.items():
        share[kind][label] = divide(items)[split]
    return share


def _require_enough(
    materials: Sequence[Material], divided: Mapping[str, SplitMaterials], classes: Sequence[str]
) -> None:
    needed = [(kind, label) for kind in _CLASSED for label in classes]
    needed += sorted({(m.kind, '') for m in materials if not m.label})
    problems = []
    for kind, label in needed:
        units = {m.unit for m in materials if (m.kind, m.label) == (kind, label)}
        empty = [split for split, share in divided.items() if not share[kind].get(label)]
        if empty:
            what = f'{kind} of class {label!r}' if label else kind
            problems.append(f'{what}: {len(units)} usable, none for {", ".join(empty)}')
    if problems:
        raise DataError(
            '\n  '.join(['there are too few files for separate splits:', *problems])
            + '\nThree of each suffice (files in a sub-folder of a class count as one); or '
            'build fewer splits (--splits train test), or fewer --classes'
        )


def _checksum(materials: Sequence[Material]) -> str:
    items = sorted((m.kind, m.label, m.name, m.key) for m in materials)
    return hashlib.sha1(json.dumps(items).encode()).hexdigest()
