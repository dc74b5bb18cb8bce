"""SoundNet-Flickr: pairs of 5 s of sound and the image at their middle."""

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.preparation.published import Duplicates, read_flickr_boxes, read_name_list
from mmavl.preparation.published.vggsound import Pair, read_negatives
from mmavl.utils.names import name_bytes

from .boxes import require_xyxy
from .cutting import ClipSpec
from .index import MediaIndex
from .jobs import WHOLE, Conversion, Place
from .media import ClipJob, Outcome, clip_key
from .negatives import SPLIT, Negatives, clip_entry
from .report import Report

#: AudioSet's seven top groups, in the order of the rows of the published ``cluster_a.npy``.
CLASSES = (
    'Human sounds',
    'Source-ambiguous sounds',
    'Animal',
    'Sounds of things',
    'Music',
    'Natural sounds',
    'Environment',
)

_SECONDS = 5.0
SPEC = ClipSpec(seconds=_SECONDS, fps=None, sample_rate=22050, min_seconds=1.0, centre=True)

_FOLDER = 'pairs'


@dataclass
class SoundNetFlickr:
    """The converter of SoundNet-Flickr.

    Attributes:
        place (Place): Input and output folders. Without media, only the evaluation
            manifests are written.
        test_list (Path): The published ``gtest.txt``.
        annotations (Path): The published ``gtdata.pkl``, or the folder of XML files.
        sizes (tuple[int, ...]): Training subsets to write, e.g. ``train_10k.json`` for 10000.
        val_pairs (int): Number of annotated pairs outside the test list used for validation.
        seed (int): Seed of both choices.
        negatives (Path, optional): SLAVC's extended list, for ``test_extended.json``.
    """

    place: Place
    test_list: Path
    annotations: Path
    sizes: tuple[int, ...] = (10_000, 20_000)
    val_pairs: int = 250
    seed: int = 0
    negatives: Path | None = None
    _boxes: dict[str, np.ndarray] = field(default_factory=dict, init=False)

    def convert(self) -> Report:
        """Convert the given data, and write a manifest for each split.

        Returns:
            Report: What was left out, and why.

        Raises:
            DataError: A published file is invalid.
            OSError: A file is missing or cannot be written.
        """
        report = Report()
        twice: Duplicates = []
        self._boxes = read_flickr_boxes(self.annotations, twice)
        if self._boxes:
            require_xyxy(np.concatenate(list(self._boxes.values())), str(self.annotations))
        splits = self._annotated_splits(read_name_list(self.test_list, twice), report)
        for clip, detail in twice:
            report.add('test', clip, 'duplicate', detail, kept=True)
        pairs = read_negatives(self.negatives) if self.negatives else []
        paired = dict.fromkeys(clip for pair in pairs for clip in (pair.first, pair.second))
        taken = {*paired, *(clip for clips in splits.values() for clip in clips)}
        if self.place.media is None:
            for split, clips in splits.items():
                for clip in clips:
                    report.add(split, clip, 'missing', 'no media were given (--media)', kept=True)
                self._write(split, clips, _expected(clips), report)
            self._write_extended(pairs, splits['test'], _expected(taken), report)
            return report
        index = MediaIndex(self.place.media, skip=[self.place.out])
        report.add_unreadable(index.unreadable)
        conversion = Conversion(self.place, SPEC)
        for split, clips in splits.items():
            outcomes = conversion.run(_jobs(clips, index), split)
            if self.place.shard == WHOLE:
                self._write(split, clips, outcomes, report)
        if pairs:
            outcomes = conversion.run(_jobs([*splits['test'], *paired], index), SPLIT)
            if self.place.shard == WHOLE:
                self._write_extended(pairs, splits['test'], outcomes, report)
        self._train(conversion, index, taken, report)
        return report

    def _write_extended(
        self, pairs: list[Pair], test: list[str], outcomes: dict[str, Outcome], report: Report
    ) -> None:
        """Write the test pairs and the negatives; the former are reported as of 'test'."""
        if not pairs:
            return
        by_clip = {
            clip: outcomes[_key(clip)]
            for pair in pairs
            for clip in (pair.first, pair.second)
            if _key(clip) in outcomes
        }
        made = Negatives(self.place, SPEC, by_clip, report).entries(pairs)
        usable = [c for c in test if _key(c) in outcomes and not outcomes[_key(c)].cause]
        self._write_entries(SPLIT, usable, outcomes, report, made)

    def _annotated_splits(self, test: list[str], report: Report) -> dict[str, list[str]]:
        others = sorted(
            clip for clip, boxes in self._boxes.items() if len(boxes) and clip not in set(test)
        )
        count = min(self.val_pairs, len(others))
        splits = {'test': test, 'val': sorted(random.Random(self.seed).sample(others, count))}
        for clip in test:
            if not len(self._boxes.get(clip, ())):
                detail = f'{self.annotations} has no box for it: listed but not evaluated'
                report.add('test', clip, 'no annotation', detail, kept=True)
        return {split: clips for split, clips in splits.items() if clips}

    def _train(
        self, conversion: Conversion, index: MediaIndex, taken: set[str], report: Report
    ) -> None:
        """Convert pairs in random order until the largest subset is complete."""
        order = self._shuffled(clip for clip in index if clip not in taken)
        wanted, tried = max(self.sizes, default=0), 0
        usable: list[str] = []
        while len(usable) < wanted and tried < len(order):
            batch = order[tried : tried + wanted - len(usable)]
            tried += len(batch)
            outcomes = conversion.run(_jobs(batch, index), 'train')
            if self.place.shard != WHOLE:
                return  # the full run replaces unusable pairs
            usable += [
                clip
                for clip in batch
                if report.add_outcome('train', clip, outcomes.get(_key(clip)))
            ]
        if self.place.shard == WHOLE:
            known = conversion.outcomes
            self._write_entries('train', usable, known, report)
            for size in self.sizes:
                name = f'train_{size // 1000}k' if size % 1000 == 0 else f'train_{size}'
                if len(usable) >= size:
                    self._write_entries(name, usable[:size], known, report)
                    continue
                (self.place.out / f'{name}.json').unlink(missing_ok=True)
                detail = f'only {len(usable)} of {size} pairs can be used: train.json has them all'
                report.add(name, '', 'not written', detail)

    def _shuffled(self, clips: Iterable[str]) -> list[str]:
        """Order clips by a checksum, so that few missing media change few members of a subset."""

        def rank(clip: str) -> bytes:
            return hashlib.blake2b(name_bytes(f'{self.seed}:{clip}')).digest()

        return sorted(clips, key=rank)

    def _write(
        self, split: str, clips: list[str], outcomes: dict[str, Outcome], report: Report
    ) -> None:
        usable = [c for c in clips if report.add_outcome(split, c, outcomes.get(_key(c)))]
        self._write_entries(split, usable, outcomes, report)

    def _write_entries(
        self,
        split: str,
        clips: list[str],
        outcomes: dict[str, Outcome],
        report: Report,
        more: Iterable[dict] = (),
    ) -> None:
        entries = []
        for clip in clips:
            entry = {**clip_entry(clip, outcomes[_key(clip)], SPEC), 'tags': []}
            if not split.startswith('train'):
                entry['annotators'] = self._annotators(clip, split, report)
            entries.append(entry)
        metainfo: dict[str, Any] = {'dataset': 'SoundNet-Flickr', 'classes': list(CLASSES)}
        if split.startswith('train'):
            metainfo['seed'] = self.seed
        entries += more
        report.write_split(self.place.out / f'{split}.json', split, metainfo, entries)

    def _annotators(self, clip: str, split: str, report: Report) -> list[list[float]]:
        """A pair's boxes; boxes without area are reported and skipped."""
        boxes = self._boxes.get(clip, np.zeros((0, 4)))
        usable = np.isfinite(boxes).all(1) & (boxes[:, 2:] > boxes[:, :2]).all(1)
        for box in boxes[~usable]:
            detail = f'annotator box {box.tolist()} has no area: it is ignored'
            report.add(split, clip, 'degenerate box', detail, kept=True)
        return boxes[usable].tolist()


def _key(clip: str) -> str:
    return clip_key(_FOLDER, clip)


def _expected(clips: Iterable[str]) -> dict[str, Outcome]:
    """What would be there with media."""
    return {_key(clip): Outcome(_key(clip), frames=1, seconds=_SECONDS) for clip in clips}


def _jobs(clips: Iterable[str], index: MediaIndex) -> list[ClipJob]:
    return [ClipJob(clip, _FOLDER, index.find(clip)) for clip in clips]
