"""AudioSet-instrument: 10 s clips of 15 instruments, with one frame per second."""

import csv
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.errors import DataError
from mmavl.preparation.published import InstrumentRelease, read_instrument_release
from mmavl.scenes.instruments.classes import CLASSES, GROUPS
from mmavl.utils.file_names import require_name

from .boxes import require_xywh
from .cutting import ClipSpec
from .index import MediaIndex
from .jobs import WHOLE, Conversion, Place
from .media import ClipJob, Outcome, clip_key, frame_paths
from .report import Report

#: Class -> its AudioSet labels: the instrument, its kinds and its playing techniques. Neither
#: AudioSet's segment lists nor the published test annotation have a clip of an oboe.
LABELS = {
    'Banjo': ('/m/018j2',),
    'Cello': ('/m/01xqw',),
    'Drum': (
        *('/m/026t6', '/m/02hnl', '/m/06rvn', '/m/0bm02', '/m/011k_j', '/m/01p970'),
        *('/m/03t3fj', '/m/02k_mr'),  # rimshot, drum roll
    ),
    'Guitar': (
        *('/m/0342h', '/m/02sgy', '/m/018vs', '/m/042v_gx', '/m/06w87'),
        *('/m/01glhc', '/m/07s0s5r'),  # tapping, strum
    ),
    'Harp': ('/m/03m5k',),
    'Harmonica': ('/m/03qjg',),
    'Oboe': ('/m/05kms',),
    'Piano': ('/m/05r5c', '/m/01s0ps'),
    'Saxophone': ('/m/06ncr',),
    'Trombone': ('/m/07c6l',),
    'Trumpet': ('/m/07gql',),
    'Violin': ('/m/07y_7', '/m/0d8_n'),  # pizzicato
    'Flute': ('/m/0l14j_',),
    'Accordion': ('/m/0mkg',),
    'Horn': ('/m/0319l',),
}

SPEC = ClipSpec(seconds=10.0, fps=1.0, sample_rate=22050, min_seconds=1.0)

_METAINFO = {
    'dataset': 'AudioSet-instrument',
    'classes': list(CLASSES),
    'groups': {family: list(members) for family, members in GROUPS.items()},
}


@dataclass(frozen=True)
class Segment:
    """A clip of AudioSet: its start in the video (seconds, if known), and its classes."""

    begin: float | None
    tags: tuple[str, ...]


def read_segments(path: Path, report: Report, split: str) -> dict[str, Segment]:
    """Read the clips of the 15 classes from an AudioSet segment list.

    Args:
        path (Path): E.g. ``unbalanced_train_segments.csv``.
        report (Report): Receives ids that are listed twice; the first entry is used.
        split (str): For the report.

    Returns:
        dict[str, Segment]: By video id.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not a segment list, or has none of the classes.
    """
    by_label = {label: name for name, labels in LABELS.items() for label in labels}
    segments = {}
    for clip, begin, labels in _rows(path):
        tagged = {by_label[label] for label in labels if label in by_label}
        if not tagged:
            continue
        if clip in segments:
            report.add(split, clip, 'duplicate', f'{path} lists it twice: the first is used', True)
            continue
        require_name(clip, path)
        segments[clip] = Segment(begin, tuple(name for name in CLASSES if name in tagged))
    if not segments:
        raise DataError(f'{path} has no clip of the 15 classes: is it an AudioSet segment list?')
    return segments


def _rows(path: Path) -> Iterator[tuple[str, float, list[str]]]:
    """Id, start and labels of each clip of a segment list."""
    number, row = 0, []
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            lines = (line for line in file if line.strip() and not line.startswith('#'))
            for row in csv.reader(lines, skipinitialspace=True):
                number += 1
                begin = float(row[1])
                if not 0 <= begin < math.inf:
                    raise ValueError(f'it starts at {begin}')
                yield row[0], begin, row[3].split(',')
    except (IndexError, ValueError, csv.Error) as error:
        raise DataError(
            f'{path} is not a segment list of AudioSet (id, start, end, labels): its clip '
            f'{number} is {row!r:.200} ({error})'
        ) from error


@dataclass
class AudioSetInstrument:
    """The converter of AudioSet-instrument.

    Attributes:
        place (Place): Input and output folders. Without media, only the released evaluation
            manifest is written.
        release (Path, optional): Folder of the published ``normav.json`` and ``val_audio.pkl``.
        train_segments (Path, optional): The unbalanced segment list.
        test_segments (Path, optional): The balanced one. It defines the test clips if there is no
            release, else only their start times.
        val_clips (int): Number of clips, at most a tenth, taken from the training clips.
        seed (int): Seed of that choice.
    """

    place: Place
    release: Path | None = None
    train_segments: Path | None = None
    test_segments: Path | None = None
    val_clips: int = 500
    seed: int = 0

    def convert(self) -> Report:
        """Convert the given data, and write a manifest for each split.

        Returns:
            Report: What was left out, and why.

        Raises:
            DataError: A published file or a segment list is invalid.
            OSError: A file is missing or cannot be written.
        """
        report = Report()
        release = self._read_release()
        splits = self._plan(release, report)
        if not splits:
            raise DataError('give --release, --train-segments or --test-segments')
        outcomes = self._convert(splits, report)
        if self.place.shard != WHOLE:
            return report
        for split, clips in splits.items():
            boxes = _boxes_by_clip(release) if release and split == 'test' else {}
            if outcomes is not None:
                self._write(split, clips, outcomes[split], boxes, report)
                continue
            for clip in clips:
                report.add(split, clip, 'missing', 'no media were given (--media)', bool(boxes))
            if boxes:
                keys = [clip_key(split, clip) for clip in clips]
                expected = {key: Outcome(key, frames=10, seconds=10.0) for key in keys}
                self._write(split, clips, expected, boxes, report)
        return report

    def _read_release(self) -> InstrumentRelease | None:
        if self.release is None:
            return None
        release = read_instrument_release(self.release)
        path = self.release / 'normav.json'
        if release.classes != list(CLASSES):
            raise DataError(f'{path} has classes {release.classes}, expected {list(CLASSES)}')
        require_xywh(np.concatenate(list(release.boxes.values()))[:, :4], str(path))
        return release

    def _plan(
        self, release: InstrumentRelease | None, report: Report
    ) -> dict[str, dict[str, Segment]]:
        """Split -> clip -> segment."""
        splits, known = {}, {}
        if self.test_segments is not None:
            known = read_segments(self.test_segments, report, 'test')
        if release is not None:
            splits['test'] = _released_clips(release, known, report)
        elif known:
            splits['test'] = known
        if self.train_segments is not None:
            train = read_segments(self.train_segments, report, 'train')
            for clip in sorted(train.keys() & splits.get('test', {}).keys()):
                report.add('train', clip, 'duplicate', 'it is a test clip')
                del train[clip]
            count = min(self.val_clips, len(train) // 10)
            held = random.Random(self.seed).sample(sorted(train), count)
            if held:
                splits['val'] = {clip: train.pop(clip) for clip in sorted(held)}
            splits['train'] = train
        return splits

    def _convert(
        self, splits: dict[str, dict[str, Segment]], report: Report
    ) -> dict[str, dict[str, Outcome]] | None:
        if self.place.media is None:
            return None
        ids = [clip for clips in splits.values() for clip in clips]
        index = MediaIndex(self.place.media, ids, skip=[self.place.out])
        report.add_unreadable(index.unreadable)
        conversion = Conversion(self.place, SPEC)
        outcomes = {}
        for split, clips in splits.items():
            jobs = [
                ClipJob(clip, split, index.find(clip), segment.begin)
                for clip, segment in clips.items()
            ]
            outcomes[split] = conversion.run(jobs, split)
        return outcomes

    def _write(
        self,
        split: str,
        clips: dict[str, Segment],
        outcomes: dict[str, Outcome],
        boxes: dict[str, dict[str, list[dict]]],
        report: Report,
    ) -> None:
        entries = []
        for clip, segment in clips.items():
            key = clip_key(split, clip)
            outcome = report.add_outcome(split, clip, outcomes.get(key))
            if outcome is None:
                continue
            entry: dict[str, Any] = {
                'clip_id': clip,
                'audio': f'{key}.wav',
                'frames': frame_paths(key, outcome.frames, SPEC),
                'fps': SPEC.fps,
                'duration': outcome.seconds,
                'tags': list(segment.tags),
            }
            if clip in boxes:
                entry['boxes'] = _shown(boxes[clip], outcome.frames, split, clip, report)
            entries.append(entry)
        metainfo = dict(_METAINFO)
        if boxes:
            frames = sum(len(shown) for shown in boxes.values())
            metainfo['listed'] = {'clips': len(boxes), 'frames': frames}
        report.write_split(self.place.out / f'{split}.json', split, metainfo, entries)


def _released_clips(
    release: InstrumentRelease, known: dict[str, Segment], report: Report
) -> dict[str, Segment]:
    """The annotated clips with the published tags."""
    for clip, detail in release.duplicates:
        report.add('test', clip, 'duplicate', detail, kept=True)
    annotated = dict.fromkeys(clip for clip, _ in release.boxes)
    for clip in sorted(release.tags.keys() - annotated.keys()):
        detail = 'val_audio.pkl lists it, but normav.json has no box for it'
        report.add('test', clip, 'no annotation', detail)
    clips = {}
    for clip in annotated:
        tags = tuple(n for n, value in zip(CLASSES, release.tags[clip]) if value > 0.5)
        clips[clip] = Segment(known[clip].begin if clip in known else None, tags)
    return clips


def _boxes_by_clip(release: InstrumentRelease) -> dict[str, dict[str, list[dict]]]:
    """Clip -> frame -> boxes in a manifest's format; the annotated instruments sound."""
    items: dict[str, dict[str, list[dict]]] = {}
    for (clip, frame), rows in release.boxes.items():
        items.setdefault(clip, {})[str(frame)] = [
            {'bbox': row[:4].tolist(), 'label': CLASSES[int(row[4])], 'sounding': True}
            for row in rows
        ]
    return items


def _shown(
    boxes: dict[str, list[dict]], count: int, split: str, clip: str, report: Report
) -> dict[str, list[dict]]:
    """The boxes of the frames that the clip has; the others are reported."""
    for frame in boxes:
        if int(frame) >= count:
            detail = f'frame {frame} is annotated, but the clip has {count} frames'
            report.add(split, clip, 'annotation without frame', detail, kept=True)
    return {frame: rows for frame, rows in boxes.items() if int(frame) < count}


def count_levels(entries: Iterable[dict]) -> Counter:
    """Number of frames by their number of annotated sounding classes."""
    frames = [rows for entry in entries for rows in entry.get('boxes', {}).values()]
    return Counter(len({box['label'] for box in rows if box['sounding']}) for rows in frames)
