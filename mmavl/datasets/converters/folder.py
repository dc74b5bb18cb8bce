"""A folder of videos of one's own, tagged by its sub-folders or by a table."""

import csv
import zlib
from dataclasses import dataclass
from pathlib import Path

from mmavl.errors import DataError
from mmavl.media.formats import VIDEOS, kind_of

from .cutting import ClipSpec, UnusableClip, video_seconds
from .index import Source
from .jobs import WHOLE, Conversion, Place
from .media import ClipJob, Outcome, frame_paths
from .report import Report

SPEC = ClipSpec(seconds=5.0, fps=None, min_seconds=2.0)
#: One in so many videos of a class validates, and as many test, where there are three or more.
_ONE_IN = 10


@dataclass
class Folder:
    """The conversion of videos below a folder: windows of sound, each with its middle picture.

    A video lies in the sub-folder that names its class, or ``a+b`` for several. Windows of one
    video are in one split.

    Attributes:
        place (Place): Its ``media`` is the folder.
        tags (Path, optional): A CSV file instead: a path below the folder, and its classes
            separated by semicolons, in each line; a first line ``file,tags`` is skipped.
        seconds (float): Length of a window. Defaults to 5.
    """

    place: Place
    tags: Path | None = None
    seconds: float = SPEC.seconds

    def convert(self) -> Report:
        """Convert the videos and write ``train.json``, ``val.json`` and ``test.json``.

        Returns:
            Report: What was left out and why.

        Raises:
            DataError: There are no videos, or the tags of one are not known.
            OSError: A file is missing or cannot be written.
        """
        videos = self._find()
        tagged = self._read_table() if self.tags else {v: _folder_tags(v) for v in videos}
        self._check(videos, tagged)
        splits = _splits({video: tagged[video] for video in videos})
        jobs = {video: self._windows(video) for video in videos}
        spec = ClipSpec(self.seconds, SPEC.fps, min_seconds=SPEC.min_seconds)
        conversion = Conversion(self.place, spec)
        outcomes = conversion.run([job for found in jobs.values() for job in found], 'clips')
        report = Report()
        if self.place.shard != WHOLE:
            return report
        classes = sorted({name for video in videos for name in tagged[video]})
        entries: dict[str, list[dict]] = {split: [] for split in ('train', 'val', 'test')}
        for video, found in jobs.items():
            for job in found:
                outcome = outcomes.get(job.key)
                if report.add_outcome(splits[video], job.key, outcome):
                    entry = _entry(job, outcome, tagged[video], conversion.spec)
                    entries[splits[video]].append(entry)
        metainfo = {'dataset': self.place.media.resolve().name, 'classes': classes}
        for split, found in entries.items():
            report.write_split(self.place.out / f'{split}.json', split, metainfo, found)
        return report

    def _find(self) -> list[str]:
        """Videos below the folder, relative to it."""
        root, out = self.place.media, self.place.out.resolve()
        if root is None or not root.is_dir():
            raise DataError(f'{root} is no folder')
        found = [
            path.relative_to(root).as_posix()
            for path in sorted(root.rglob('*'))
            if kind_of(path) == 'video' and out not in path.resolve().parents
        ]
        if not found:
            raise DataError(f'{root} holds no videos ({" ".join(sorted(VIDEOS))})')
        return found

    def _read_table(self) -> dict[str, list[str]]:
        with open(self.tags, newline='', encoding='utf-8-sig') as file:
            rows = [row for row in csv.reader(file) if row]
        for row in rows:
            if len(row) != 2:
                raise DataError(f'{self.tags}: a line is "path,class;class", not {row}')
        rows = [row for row in rows if row != ['file', 'tags']]
        return {name: _names(tags.split(';')) for name, tags in rows}

    def _check(self, videos: list[str], tagged: dict[str, list[str]]) -> None:
        untagged = [video for video in videos if not tagged.get(video)]
        if untagged:
            where = f'{self.tags} has none' if self.tags else 'it lies in no sub-folder'
            raise DataError(
                f'{len(untagged)} of {len(videos)} videos have no tags, e.g. {untagged[0]}: '
                f'{where}. Put videos into sub-folders named by class, or give --tags FILE.csv'
            )
        stray = sorted(tagged.keys() - set(videos))
        if stray:
            raise DataError(f'{self.tags} names {stray[0]}, which is not below {self.place.media}')

    def _windows(self, video: str) -> list[ClipJob]:
        path = self.place.media / video
        try:
            count = max(1, int(video_seconds(str(path)) / self.seconds))
        except (UnusableClip, DataError):
            count = 1  # named in the report when its conversion fails
        stem = path.name.replace('.', '_')
        folder = Path('clips', video).parent.as_posix()
        source = Source(video=str(path))
        if count == 1:
            return [ClipJob(stem, folder, source, 0.0)]
        begins = [index * self.seconds for index in range(count)]
        return [ClipJob(f'{stem}_{begin:07.1f}', folder, source, begin) for begin in begins]


def _folder_tags(video: str) -> list[str]:
    first, slash, _ = video.partition('/')
    return _names(first.split('+')) if slash else []


def _names(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _splits(tagged: dict[str, list[str]]) -> dict[str, str]:
    """Each video's split: by a checksum of its name, class by class."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for video in sorted(tagged, key=lambda name: zlib.crc32(name.encode())):
        groups.setdefault(tuple(tagged[video]), []).append(video)
    splits = {}
    for videos in groups.values():
        held = max(1, round(len(videos) / _ONE_IN)) if len(videos) > 2 else 0
        for number, video in enumerate(videos):
            splits[video] = ('val', 'test', 'train')[min(number // held, 2) if held else 2]
    return splits


def _entry(job: ClipJob, outcome: Outcome, tags: list[str], spec: ClipSpec) -> dict:
    return {
        'clip_id': job.key.removeprefix('clips/'),
        'audio': f'{job.key}.wav',
        'frames': frame_paths(job.key, outcome.frames, spec),
        'fps': 1,
        'duration': outcome.seconds,
        'tags': tags,
    }
