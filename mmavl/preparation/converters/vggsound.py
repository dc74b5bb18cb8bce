"""VGGSound with the boxes of VGG-SS: single sources, extended negatives, duets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mmavl.errors import DataError
from mmavl.preparation.published import Duplicates, VggssBoxes, read_vggss_boxes
from mmavl.preparation.published.vggsound import (
    Pair,
    read_clip_list,
    read_duets,
    read_negatives,
)

from .cutting import ClipSpec
from .duets import compose_duet, half_boxes
from .index import MediaIndex
from .jobs import WHOLE, Conversion, Place
from .media import ClipJob, Outcome, clip_key, frame_paths
from .negatives import SPLIT, Negatives, clip_entry
from .report import Report

_SECONDS = 10.0
SPEC = ClipSpec(seconds=_SECONDS, fps=None, sample_rate=16000, min_seconds=1.0, centre=True)

_FOLDER, _DUETS = 'clips', 'duets'


@dataclass
class VGGSound:
    """The conversion of VGGSound.

    Attributes:
        place (Place): Where clips come from and go to. Without media there are only the
            evaluation manifests.
        boxes (Path): The published ``vggss.json``.
        test_list (Path, optional): Test on these clips alone. Defaults to all annotated ones.
        negatives (Path, optional): SLAVC's extended list, for ``test_extended.json``.
        duets (Path, optional): AVGN's pairs, for ``test_duet.json`` (both pictures side by side)
            and ``test_duet_halves.json`` (each alone with the mixture).
        train_lists (dict[str, Path]): Manifest's name -> list of clips to train on.
    """

    place: Place
    boxes: Path
    test_list: Path | None = None
    negatives: Path | None = None
    duets: Path | None = None
    train_lists: Mapping[str, Path] = field(default_factory=dict)
    _report: Report = field(default_factory=Report, init=False)
    _outcomes: dict[str, Outcome] = field(default_factory=dict, init=False)

    def convert(self) -> Report:
        """Convert what is given, and write a manifest for each split.

        Returns:
            Report: What was left out and why.

        Raises:
            DataError: A published file is not what it should be.
            OSError: A file is missing or cannot be written.
        """
        release = read_vggss_boxes(self.boxes)
        test = self._test_clips(release)
        negatives = read_negatives(self.negatives) if self.negatives else []
        duets = read_duets(self.duets) if self.duets else []
        train = self._train_clips(release)
        pairs = [clip for pair in (*negatives, *duets) for clip in (pair.first, pair.second)]
        clips = dict.fromkeys([*test, *pairs, *(c for found in train.values() for c in found)])
        self._convert_media(list(clips))
        if self.place.shard != WHOLE:
            return self._report
        classes = sorted({*release.classes.values(), *_classes(train)})
        singles = self._singles(test, release)
        self._write('test', singles, classes)
        if negatives:
            made = Negatives(self.place, SPEC, self._outcomes, self._report).entries(negatives)
            self._write(SPLIT, [*singles, *made], classes)
        if duets:
            whole = self._duets(duets, release)
            self._write('test_duet', whole, classes)
            self._write('test_duet_halves', self._halves(whole, release), classes)
        for name, found in train.items():
            self._write(name, self._tagged(name, found), classes)
        return self._report

    # ------------------------------------------------------------------------ lists

    def _test_clips(self, release: VggssBoxes) -> list[str]:
        for clip, detail in release.duplicates:
            self._report.add('test', clip, 'duplicate', detail, kept=True)
        for clip, problem in release.problems.items():
            self._report.add('test', clip, 'bad box', problem, kept=True)
        if self.test_list is None:
            return list(release.boxes)
        listed = self._read_list('test', self.test_list)
        for clip in listed.keys() - release.boxes.keys():
            detail = f'{self.boxes} has no boxes for it'
            self._report.add('test', clip, 'no annotation', detail)
        return [clip for clip in listed if clip in release.boxes]

    def _train_clips(self, release: VggssBoxes) -> dict[str, dict[str, str]]:
        """By manifest: clips with their classes; annotated ones are kept out."""
        names = {_spelling(name): name for name in release.classes.values()}
        lists = {}
        for name, path in self.train_lists.items():
            found = self._read_list(name, path)
            for clip in found.keys() & release.boxes.keys():
                self._report.add(name, clip, 'held out', 'it has boxes to evaluate on')
            lists[name] = {
                clip: names.get(_spelling(label), label)
                for clip, label in found.items()
                if clip not in release.boxes
            }
        return lists

    def _read_list(self, split: str, path: Path) -> dict[str, str]:
        twice: Duplicates = []
        found = read_clip_list(path, twice)
        for clip, detail in twice:
            self._report.add(split, clip, 'duplicate', detail, kept=True)
        return found

    # ------------------------------------------------------------------------ media

    def _convert_media(self, clips: list[str]) -> None:
        if self.place.media is None:
            self._outcomes = {c: Outcome(_key(c), frames=1, seconds=_SECONDS) for c in clips}
            self._report.add('', '', 'missing', 'no media were given (--media)')
            return
        index = MediaIndex(self.place.media, clips, skip=[self.place.out])
        self._report.add_unreadable(index.unreadable)
        jobs = [ClipJob(clip, _FOLDER, index.find(clip)) for clip in clips]
        made = Conversion(self.place, SPEC).run(jobs, 'clips')
        self._outcomes = {clip: made[_key(clip)] for clip in clips if _key(clip) in made}

    def _usable(self, split: str, clip: str) -> Outcome | None:
        return self._report.add_outcome(split, clip, self._outcomes.get(clip))

    # ---------------------------------------------------------------------- entries

    def _singles(self, clips: Iterable[str], release: VggssBoxes) -> list[dict]:
        entries = []
        for clip in clips:
            outcome = self._usable('test', clip)
            if outcome is not None:
                label = release.classes[clip]
                boxes = _items(release.boxes[clip], label)
                annotation = {'boxes': {'0': boxes}} if boxes else {}
                entries.append({**_entry(clip, outcome), 'tags': [label], **annotation})
        return entries

    def _duets(self, pairs: list[Pair], release: VggssBoxes) -> list[dict]:
        entries = []
        for pair in tqdm(pairs, 'duets', unit='pair'):
            clip = f'{pair.first}+{pair.second}'
            parts = (pair.first, pair.second)
            if any(part not in release.boxes for part in parts):
                self._report.add('test_duet', clip, 'no annotation', 'of one of its clips')
                continue
            found = [self._usable('test_duet', part) for part in parts]
            outcomes = [outcome for outcome in found if outcome is not None]
            if len(outcomes) == len(parts):
                entries += self._duet(clip, parts, outcomes, release)
        return entries

    def _duet(
        self, clip: str, parts: tuple[str, str], outcomes: list[Outcome], release: VggssBoxes
    ) -> list[dict]:
        target = clip_key(_DUETS, clip)
        first, second = outcomes
        seconds = min(first.seconds, second.seconds)
        try:
            if self.place.media is not None:
                seconds = compose_duet(self.place.out, first.key, second.key, target)
        except DataError as error:
            self._report.add('test_duet', clip, 'broken', str(error))
            return []
        labels = [release.classes[part] for part in parts]
        items = [
            item
            for place, (part, label) in enumerate(zip(parts, labels))
            for item in _items(half_boxes(release.boxes[part], place), label)
        ]
        entry = _entry(clip, Outcome(target, frames=1, seconds=seconds))
        if labels[0] == labels[1]:
            detail = f'both clips are of {labels[0]!r}: they count as one source'
            self._report.add('test_duet', clip, 'one class', detail, kept=True)
        else:
            sources = {label: f'{o.key}.wav' for label, o in zip(labels, outcomes)}
            entry['sources'] = sources
        return [{**entry, 'tags': sorted(set(labels)), 'boxes': {'0': items}}]

    def _halves(self, duets: Iterable[dict], release: VggssBoxes) -> list[dict]:
        """Each picture of a duet alone, with the sounds of both."""
        return [
            {
                **{key: value for key, value in duet.items() if key != 'sources'},
                'clip_id': f'{duet["clip_id"]}:{place}',
                'frames': frame_paths(_key(part), 1, SPEC),
                'boxes': {'0': _items(release.boxes[part], release.classes[part])},
            }
            for duet in duets
            for place, part in enumerate(duet['clip_id'].split('+'), start=1)
        ]

    def _tagged(self, split: str, clips: Mapping[str, str]) -> list[dict]:
        usable = {clip: self._usable(split, clip) for clip in clips}
        return [
            {**_entry(clip, outcome), 'tags': [clips[clip]] if clips[clip] else []}
            for clip, outcome in usable.items()
            if outcome is not None
        ]

    def _write(self, split: str, entries: list[dict], classes: list[str]) -> None:
        metainfo = {'dataset': 'VGGSound', 'classes': classes}
        self._report.write_split(self.place.out / f'{split}.json', split, metainfo, entries)


def _key(clip: str) -> str:
    return clip_key(_FOLDER, clip)


def _entry(clip: str, outcome: Outcome) -> dict:
    return clip_entry(clip, outcome, SPEC)


def _items(boxes: np.ndarray, label: str) -> list[dict]:
    """The manifest's boxes of corners [n, 4]."""
    sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return [{'bbox': box, 'label': label, 'sounding': True} for box in sizes.tolist()]


def _spelling(name: str) -> str:
    """Lists write 'bird_chirping_tweeting' for 'bird chirping, tweeting'."""
    return '_'.join(''.join(c if c.isalnum() else ' ' for c in name.lower()).split())


def _classes(train: Mapping[str, Mapping[str, str]]) -> set[str]:
    return {label for clips in train.values() for label in clips.values() if label}
