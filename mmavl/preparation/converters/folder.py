"""A folder of your own videos, tagged by sub-folders or by a table."""

import os
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmavl.errors import DataError
from mmavl.media.formats import VIDEOS, kind_of
from mmavl.utils.file_names import file_name, marked_name
from mmavl.utils.names import name_bytes

from .cutting import ClipSpec, video_seconds
from .index import Source, walk_media
from .jobs import WHOLE, Conversion, Place
from .media import ClipJob, Outcome, frame_paths
from .report import Report
from .tag_table import TagTable, class_names, read_tag_table
from .workers import LostError, run_each

_SECONDS = 5.0
SPEC = ClipSpec(seconds=_SECONDS, fps=None, min_seconds=2.0)
#: One in this many videos of a class is for validation, and one for testing, if it has three.
_ONE_IN = 10


@dataclass
class Folder:
    """The converter of a folder of videos: windows of sound, each with its middle frame.

    A video is in a sub-folder named after its class, or ``a+b`` for several. All windows of a
    video are in the same split.

    Attributes:
        place (Place): Its ``media`` is the folder.
        tags (Path, optional): A CSV file with the tags instead, see
            :func:`~mmavl.preparation.converters.tag_table.read_tag_table`.
        seconds (float): Length of a window. Defaults to 5.
    """

    place: Place
    tags: Path | None = None
    seconds: float = _SECONDS

    def convert(self) -> Report:
        """Convert the videos and write ``train.json``, ``val.json`` and ``test.json``.

        Returns:
            Report: What was left out, and why.

        Raises:
            DataError: There are no videos, or none has tags.
            OSError: A file is missing or cannot be written.
        """
        report = Report()
        videos = self._find(report)
        tagged = self._tags(videos, report)
        splits, jobs = _splits(tagged), self._windows(tagged, report)
        spec = ClipSpec(self.seconds, SPEC.fps, min_seconds=SPEC.min_seconds)
        conversion = Conversion(self.place, spec)
        outcomes = conversion.run([job for clips in jobs.values() for job in clips], 'clips')
        if self.place.shard != WHOLE:
            return report
        classes = sorted({name for names in tagged.values() for name in names})
        entries: dict[str, list[dict]] = {split: [] for split in ('train', 'val', 'test')}
        for video, clips in jobs.items():
            for job in clips:
                outcome = report.add_outcome(splits[video], job.key, outcomes.get(job.key))
                if outcome is not None:
                    entry = _entry(job, outcome, tagged[video], conversion.spec)
                    entries[splits[video]].append(entry)
        metainfo = {'dataset': self._root.resolve().name, 'classes': classes}
        for split, split_entries in entries.items():
            report.write_split(self.place.out / f'{split}.json', split, metainfo, split_entries)
        return report

    @property
    def _root(self) -> Path:
        assert self.place.media is not None  # _find refuses that
        return self.place.media

    def _find(self, report: Report) -> list[str]:
        """Videos below the folder, with relative paths; other files are reported."""
        root = self.place.media
        if root is None or not root.is_dir():
            raise DataError(f'{root} is not a folder')
        videos: list[str] = []
        unreadable: list[OSError] = []
        table = self.tags and os.path.realpath(self.tags)
        for folder, names in walk_media(root, [self.place.out], unreadable):
            for name in names:
                path = Path(folder, name)
                video = path.relative_to(root).as_posix()
                why = _why_not(path)
                if not why:
                    videos.append(video)
                elif os.path.realpath(path) != table:
                    report.add('', video, 'passed over', f'{path} {why}')
        report.add_unreadable(unreadable)
        if not videos:
            raise DataError(f'{root} contains no videos ({" ".join(sorted(VIDEOS))})')
        return sorted(videos)

    def _tags(self, videos: list[str], report: Report) -> dict[str, list[str]]:
        """Video -> classes, for videos that have any."""
        table = TagTable({video: _folder_tags(video) for video in videos})
        if self.tags is not None:
            table = read_tag_table(self.tags, videos)
        for name, cause, detail in table.problems:
            report.add('', name, cause, detail, kept=cause == 'duplicate')
        where = f'not in {self.tags}' if self.tags else 'not in a sub-folder'
        tagged = {video: table.tags[video] for video in videos if table.tags.get(video)}
        untagged = [video for video in videos if video not in tagged]
        for video in untagged:
            report.add('', video, 'no tags', f'{self._root / video}: {where}')
        if not tagged:
            raise DataError(
                f'{len(untagged)} of {len(videos)} videos have no tags, e.g. {untagged[0]}: '
                f'{where}. Put the videos into sub-folders named by class, or use --tags FILE.csv'
            )
        return tagged

    def _windows(self, videos: Iterable[str], report: Report) -> dict[str, list[ClipJob]]:
        """The clips of each video; a checksum is added to names that are not unique."""
        paths = {str(self._root / video): video for video in videos}
        place, jobs = self.place, {}
        stems = Counter(_stem(video) for video in paths.values())
        for path, length in run_each(_length, paths, place.workers, place.limit):
            video = paths[path]
            if isinstance(length, LostError):
                report.add('', video, 'broken', f'{path}: {length}')
                continue
            folder, stem = _stem(video)
            if stems[folder, stem] > 1:
                stem = marked_name(stem, video)
            source, count = Source(video=path), max(1, int(length / self.seconds))
            begins = [index * self.seconds for index in range(count)]
            names = [f'{stem}_{begin:07.1f}' for begin in begins] if count > 1 else [stem]
            jobs[video] = [ClipJob(n, folder, source, b) for n, b in zip(names, begins)]
        return {video: jobs[video] for video in paths.values() if video in jobs}


def _why_not(path: Path) -> str:
    """Why a file is not a video; empty if it is one."""
    kind = kind_of(path)
    if kind != 'video':
        return f'is a {kind}, not a video' if kind else 'has no suffix of a video'
    return '' if path.is_file() else 'is not a file, or a link to nothing'


def _length(path: str) -> float:
    try:
        return video_seconds(path)
    except Exception:  # reported when its conversion fails
        return 0.0


def _stem(video: str) -> tuple[str, str]:
    """Folder and base name of a video's clips."""
    path = PurePosixPath(video)
    folder = '/'.join(['clips', *map(file_name, path.parts[:-1])])
    return folder, file_name(path.name.replace('.', '_'))


def _folder_tags(video: str) -> list[str]:
    first, slash, _ = video.partition('/')
    return class_names(first.split('+')) if slash else []


def _splits(tagged: dict[str, list[str]]) -> dict[str, str]:
    """Each video's split, chosen by a checksum of its name for each class."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for video in sorted(tagged, key=lambda name: zlib.crc32(name_bytes(name))):
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
