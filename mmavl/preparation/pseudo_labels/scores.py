"""A teacher's probabilities for all clips of a manifest, stored on disk as they are computed."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from mmavl.datasets.feature_cache import FeatureArray
from mmavl.datasets.feature_filling import fill
from mmavl.datasets.manifest_checks import frame_count
from mmavl.datasets.media_paths import media_path
from mmavl.media.audio import LONGEST, read_audio
from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame
from mmavl.preparation.pseudo_labels.teachers import BaseTeacher
from mmavl.utils.failures import input_errors
from mmavl.utils.keys import file_key, key_part


def teacher_scores(
    teacher: BaseTeacher,
    config: dict,
    entries: list[dict],
    data_root: str | Path,
    path: Path,
    frames: int = 1,
    windows: int = 0,
    workers: int = 1,
) -> np.ndarray:
    """Label all clips; an interrupted run continues, a finished one is read from disk.

    Args:
        teacher (BaseTeacher): The classifier.
        config (dict): Its config; together with its weights, the clips and their files'
            sizes and times it determines the file's name.
        entries (list[dict]): The N entries of the manifest.
        data_root (str | Path): The folder of the media.
        path (Path): Folder and start of the name of the output file.
        frames (int): Pictures per clip, evenly spaced, whose probabilities are
            averaged; one is the middle one. Defaults to 1.
        windows (int): Also classify n x n overlapping windows of half a picture's height and
            width, and take the maximum for each label: a classifier of single objects
            misses small ones in a scene. Defaults to 0: only the whole picture.
        workers (int): Processes that read media. Defaults to 1.

    Returns:
        ndarray: float32 [N, L]; nan if a clip's media cannot be read.
    """
    media = _Media(entries, Path(data_root), teacher, frames, windows)
    options: dict[str, Any] = {}
    if teacher.modality == 'visual':
        options |= {'frames': frames, 'windows': windows}
    if teacher.precision.is_bfloat16:
        options['dtype'] = 'bfloat16'
    key = _key(teacher, {**config, **options}, media)
    array = FeatureArray(path.with_name(f'{path.name}-{teacher.modality}-{key[:16]}'))
    meta = {'teacher': config, 'labels': teacher.labels}
    array.create((len(entries), len(teacher.labels)), meta)

    def compute(
        clips: list[tuple[str, list[np.ndarray]]], _: list[FeatureArray]
    ) -> list[np.ndarray]:
        ((clip_id, pieces),) = clips
        with input_errors(f'clip {clip_id!r}'):
            probs = teacher(pieces).reshape(-1, media.parts, len(teacher.labels))
        return [probs.max(1).mean(0, keepdims=True)]

    fill([array], media, compute, 1, workers, f'{teacher.modality} teacher')
    return array.read_all().astype(np.float32)


class _Media(Dataset):
    """(clip id, sounds or parts of pictures) of each clip."""

    def __init__(
        self, entries: list[dict], root: Path, teacher: BaseTeacher, frames: int, windows: int
    ) -> None:
        self.entries = entries
        self.root = root
        self.sample_rate = teacher.sample_rate if teacher.modality == 'audio' else None
        self.frames = frames
        self.windows = windows if self.sample_rate is None else 0
        self.parts = 1 + self.windows**2

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> tuple[str, list[np.ndarray]]:
        entry = self.entries[index]
        with input_errors(f'clip {entry["clip_id"]!r}'):
            media = self.read(entry)
            pieces = [part for item in media for part in (item, *self._windows(item))]
        return entry['clip_id'], pieces

    def read(self, entry: dict) -> list[np.ndarray]:
        """The clip's sound, or some of its pictures."""
        if self.sample_rate is not None:
            path = media_path(self.root, entry['audio'])
            wave, _ = read_audio(path, self.sample_rate, LONGEST, expected=entry['duration'])
            return [wave]
        if 'video' in entry:
            path = media_path(self.root, entry['video'])
            times = [number / entry['fps'] for number in self._numbers(entry)]
            return [read_video_frame(path, time) for time in times]
        numbers = self._numbers(entry)
        names = [entry['frames'][number] for number in numbers]
        return [read_image(media_path(self.root, name)) for name in names]

    def _windows(self, picture: np.ndarray) -> Iterator[np.ndarray]:
        """Windows of a picture [H, W, 3], each of half its height and width."""
        if not self.windows:
            return
        height, width = (max(1, size // 2) for size in picture.shape[:2])
        for y in np.linspace(0, picture.shape[0] - height, self.windows, dtype=int):
            for x in np.linspace(0, picture.shape[1] - width, self.windows, dtype=int):
                yield picture[y : y + height, x : x + width]

    def _numbers(self, entry: dict) -> list[int]:
        """Indices of the frames to use: the middle of each of equal parts of the clip."""
        count = frame_count(entry)
        wanted = min(self.frames, count)
        return [(2 * part + 1) * count // (2 * wanted) for part in range(wanted)]

    def paths(self, entry: dict) -> list[str]:
        """The files of a clip."""
        if self.sample_rate is not None:
            return [entry['audio']]
        if 'video' in entry:
            return [entry['video']]
        return [entry['frames'][number] for number in self._numbers(entry)]


def _key(teacher: BaseTeacher, config: dict, media: _Media) -> str:
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    digest.update(teacher.weights.read_bytes())
    for entry in media.entries:
        digest.update(key_part(entry['clip_id']))
        for name in media.paths(entry):
            digest.update(file_key(media_path(media.root, name), str(media.root)))
    return digest.hexdigest()
