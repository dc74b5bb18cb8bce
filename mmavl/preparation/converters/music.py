"""MUSIC and MUSIC21: whole videos of solos and duets, with eight frames per second."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmavl.datasets.mixture_list import Source, write_mixtures
from mmavl.errors import DataError
from mmavl.preparation.published import Duplicates, read_music_boxes, read_video_list
from mmavl.utils.file_names import file_name

from .boxes import require_xywh
from .cutting import ClipSpec
from .index import MediaIndex
from .jobs import WHOLE, Conversion, Place
from .media import ClipJob, Outcome, clip_key, frame_paths
from .mixtures import VAL_REPEATS, draw_mixtures, present_mixtures
from .report import Report

_FPS = 8.0
SPEC = ClipSpec(seconds=None, fps=_FPS, sample_rate=11025, digits=6, min_seconds=6.0)

#: Boxes are named ``{id}_{second}_{frame}`` with frames at this rate: four per second.
_BOX_FPS = 30.0
_YOUTUBE_ID = 11


@dataclass(frozen=True)
class Video:
    """A video of one of the lists.

    Attributes:
        kind (str): 'solo' or 'duet'.
        group (str): Its key in the list: a class, or two separated by a space.
        split (str): 'val' (the first of its key), 'test' (the second) or 'train'.
    """

    kind: str
    group: str
    split: str

    @property
    def folder(self) -> str:
        """Its folder below the data root."""
        return f'{self.kind}/{file_name(self.group.replace(" ", "-"))}'

    @property
    def label(self) -> str:
        """Kind and split, for the report."""
        return f'{self.kind} {self.split}'

    @property
    def manifests(self) -> list[str]:
        """The names of the manifests that contain it."""
        if self.split == 'train':
            return ['train', 'train_solo'] if self.kind == 'solo' else ['train']
        return [self.split if self.kind == 'solo' else f'{self.split}_duet']


@dataclass
class Music:
    """The converter of MUSIC or, with its list of solos, MUSIC21.

    Attributes:
        place (Place): Input and output folders; media are required.
        solo (Path): The published list of solos.
        duet (Path, optional): The published list of duets.
        boxes (dict): 'solo', 'duet' -> published boxes. Their videos are not used for training.
        mixtures (Sequence): Test mixtures, see :mod:`mmavl.datasets.mixture_list`. Those whose
            videos are available become ``test_mixtures.json``. ``val_mixtures.json`` is drawn from
            the list of solos.
    """

    place: Place
    solo: Path
    duet: Path | None = None
    boxes: Mapping[str, Path] = field(default_factory=dict)
    mixtures: Sequence[Sequence[Source]] = ()

    def convert(self) -> Report:
        """Convert the available videos, and write a manifest for each split.

        Returns:
            Report: What was left out, and why.

        Raises:
            DataError: A published file is invalid.
            OSError: A file is missing or cannot be written.
        """
        if self.place.media is None:
            raise DataError('MUSIC needs media (--media): the lists have no lengths of videos')
        report = Report()
        videos = self._read_lists(report)
        boxes = {kind: self._read_boxes(kind, videos, report) for kind in self.boxes}
        index = MediaIndex(self.place.media, videos, skip=[self.place.out])
        report.add_unreadable(index.unreadable)
        jobs = [ClipJob(clip, video.folder, index.find(clip)) for clip, video in videos.items()]
        conversion = Conversion(self.place, SPEC)
        outcomes = conversion.run(jobs, 'videos')
        if self.place.shard != WHOLE:
            return report
        usable = {
            clip: self._entry(clip, video, outcomes[_key(clip, video)])
            for clip, video in videos.items()
            if report.add_outcome(video.label, clip, outcomes.get(_key(clip, video)))
        }
        annotated = {clip for annotated in boxes.values() for clip in annotated}
        self._write_splits(videos, usable, annotated, report)
        for kind, annotated_clips in boxes.items():
            self._write_boxes(kind, annotated_clips, usable, report)
        return report

    def _read_lists(self, report: Report) -> dict[str, Video]:
        videos: dict[str, Video] = {}
        for kind, path in (('solo', self.solo), ('duet', self.duet)):
            if path is None:
                continue
            twice: Duplicates = []
            for group, clips in read_video_list(path, twice).items():
                self._check_group(group, kind, path)
                for number, clip in enumerate(clips):
                    video = Video(kind, group, ('val', 'test')[number] if number < 2 else 'train')
                    if clip in videos:
                        detail = f'{path} also lists it for {group!r}: the first is used'
                        report.add(video.label, clip, 'duplicate', detail, kept=True)
                        continue
                    videos[clip] = video
            for clip, detail in twice:
                report.add(videos[clip].label, clip, 'duplicate', detail, kept=True)
        return videos

    def _check_group(self, group: str, kind: str, path: Path) -> None:
        unknown = [name for name in group.split() if kind == 'duet' and name not in self.classes]
        if unknown or len(group.split()) != ('solo', 'duet').index(kind) + 1:
            raise DataError(f'{path} has videos of {group!r}, not a {kind} of its classes')

    @property
    def classes(self) -> list[str]:
        """The sorted keys of the list of solos."""
        return sorted(read_video_list(self.solo))

    def _entry(self, clip: str, video: Video, outcome: Outcome) -> dict:
        key = _key(clip, video)
        return {
            'clip_id': clip,
            'audio': f'{key}.wav',
            'frames': frame_paths(key, outcome.frames, SPEC),
            'fps': SPEC.fps,
            'duration': outcome.seconds,
            'tags': sorted(video.group.split()),
        }

    # -------------------------------------------------------------------- manifests

    def _write_splits(
        self,
        videos: dict[str, Video],
        usable: dict[str, dict],
        annotated: set[str],
        report: Report,
    ) -> None:
        members: dict[str, list[dict]] = {}
        for clip, entry in usable.items():
            video = videos[clip]
            if video.split == 'train' and clip in annotated:
                report.add(video.label, clip, 'held out', 'it has boxes to evaluate on')
                continue
            for name in video.manifests:
                members.setdefault(name, []).append(entry)
        for name, entries in members.items():
            self._write(name, entries, report)
        tested = {clip: v for clip, v in videos.items() if v.label == 'solo test'}
        for clip, video in tested.items():
            if clip not in usable:
                detail = f'{video.group}: its test video {clip} cannot be used'
                report.add('test', '', 'class without video', detail)
        first = {video.group: clip for clip, video in videos.items() if video.label == 'solo val'}
        for split, mixtures in (
            ('val', draw_mixtures(first, VAL_REPEATS)),
            ('test', self.mixtures),
        ):
            self._write_mixtures(split, mixtures, members.get(split, []), report)

    def _write(self, split: str, entries: list[dict], report: Report) -> None:
        metainfo = {'dataset': 'MUSIC', 'classes': self.classes}
        report.write_split(self.place.out / f'{split}.json', split, metainfo, entries)

    def _write_mixtures(
        self,
        split: str,
        mixtures: Sequence[Sequence[Source]],
        entries: list[dict],
        report: Report,
    ) -> None:
        kept, missing = present_mixtures(mixtures, {entry['clip_id'] for entry in entries})
        for clip in missing:
            detail = 'mixtures with this video are skipped'
            report.add(f'{split}_mixtures', clip, 'missing', detail)
        metainfo = {'dataset': 'MUSIC', 'split': split, 'listed': len(mixtures)}
        write_mixtures(self.place.out / f'{split}_mixtures.json', kept, metainfo)
        detail = f'{len(kept)} of {len(mixtures)} mixtures'
        report.add(f'{split}_mixtures', '', 'placed', detail, kept=True)

    # ------------------------------------------------------------------------ boxes

    def _read_boxes(
        self, kind: str, videos: dict[str, Video], report: Report
    ) -> dict[str, dict[int, list[dict]]]:
        """Video -> frame at 8 fps -> boxes."""
        path = self.boxes[kind]
        twice: Duplicates = []
        rows = read_music_boxes(path, twice)
        for name, detail in twice:
            report.add(f'boxes_{kind}', name[:_YOUTUBE_ID], 'duplicate', detail, kept=True)
        require_xywh(np.array([box for _, items in rows for _, box in items]), str(path))
        by_clip: dict[str, dict[int, list[dict]]] = {}
        for name, items in rows:
            clip, number = name[:_YOUTUBE_ID], name.rpartition('_')[2]
            if not re.fullmatch('[0-9]{1,9}', number) or len(name) <= _YOUTUBE_ID:
                raise DataError(f'{path} has a file {name!r}, which is not id_second_frame')
            frame = round(int(number) / _BOX_FPS * _FPS)
            by_clip.setdefault(clip, {})[frame] = [
                {'bbox': box, 'label': label, 'sounding': True} for label, box in items
            ]
        for clip in sorted(by_clip.keys() - videos.keys()):
            detail = f'{path} has boxes for it, but no list has the video'
            report.add(f'boxes_{kind}', clip, 'annotation without clip', detail)
        return {clip: frames for clip, frames in by_clip.items() if clip in videos}

    def _write_boxes(
        self,
        kind: str,
        boxes: dict[str, dict[int, list[dict]]],
        usable: dict[str, dict],
        report: Report,
    ) -> None:
        entries, split = [], f'boxes_{kind}'
        for clip, frames in boxes.items():
            if clip not in usable:
                report.add(split, clip, 'missing', f'{len(frames)} annotated frames')
                continue
            count = len(usable[clip]['frames'])
            inside = {str(i): items for i, items in sorted(frames.items()) if i < count}
            if len(inside) < len(frames):
                detail = (
                    f'{len(frames) - len(inside)} of {len(frames)} annotated frames are after the '
                    f'end ({usable[clip]["duration"]:.0f} s): is this another cut of the video?'
                )
                report.add(split, clip, 'annotation without frame', detail, kept=bool(inside))
            if inside:
                entries.append({**usable[clip], 'boxes': inside})
        self._write(split, entries, report)


def _key(clip: str, video: Video) -> str:
    return clip_key(video.folder, clip)
