"""The main dataset: the clips of a manifest as training samples."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import torch
from mmengine.dataset import BaseDataset

from mmavl.errors import DataError
from mmavl.evaluation.functional import consensus_reference
from mmavl.registry import DATASETS, TRANSFORMS
from mmavl.utils.failures import input_errors
from mmavl.utils.random_state import get_random_state, set_random_state

from .bad_samples import BadSample, BadSamples, cause_of
from .feature_cache import FeatureReader, FeatureSubset
from .manifest import read_manifest, require_no_problems
from .manifest_checks import frame_count
from .media_paths import media_path
from .tag_level import TagLevel

_FRAMES = ('middle', 'first', 'random', 'annotated')


@DATASETS.register_module()
class AVDataset(BaseDataset):
    """Clips of a manifest (see :mod:`mmavl.datasets.manifest`): one frame and the sound of each.

    The pipeline receives samples with ``clip_id``, ``sample_idx``, ``classes`` (names,
    [C]), ``tags`` (float32 [C]), ``img_path`` or ``video``, ``frame_index``, ``time``
    (seconds), ``audio_path``, ``duration``, ``boxes`` (float32 [n, 4], normalised xywh),
    ``box_labels`` (int64 [n]), ``box_families`` (int64 [n]), ``box_names`` (the manifest's
    names), ``box_sounding`` (bool [n]), ``negative`` (the frame is annotated, and nothing in it
    sounds), and ``visual_tags``, ``annotators`` and ``sources``
    (name -> path) where the manifest has them. Annotators' boxes also give ``gt_map``, their
    consensus (float32 [256, 256], see
    :func:`~mmavl.evaluation.functional.consensus_reference`).

    In training, a sample that cannot be loaded is logged, remembered in ``bad_samples``, not
    opened again, and replaced by another one, until more than ``max_bad_share`` of the samples
    are bad. With ``test_mode`` the first bad sample raises an error.

    Args:
        ann_file (str): The manifest, relative to ``data_root``.
        data_root (str): The folder of the media. Defaults to ''.
        tag_level (str): 'class' or 'group'. With 'group', C is the number of groups in the
            manifest, the tag of a group is the largest of its classes' tags unless the manifest
            gives it directly, and box labels are group indices. Defaults to 'class'.
        frame (str): Which frame of a clip to take: 'middle', 'first', 'random' (a new one each
            time) or 'annotated', where each frame with boxes becomes a sample. Defaults to
            'middle'.
        features (FeatureReader, optional): Cached features; ``features.read(idx)`` returns a dict
            with the arrays ``image_features``, ``audio_features`` or both, which then replace the
            media. Defaults to None.
        max_bad_share (float): The share of samples, below 1, that may be bad in training.
            Defaults to 0.05.
        filter_cfg (dict, optional): ``levels``: keep samples whose number of sounding tags is
            in this list (counted from the boxes of the frame, else from the clip's tags).
        pipeline (Sequence[dict | Callable]): The transforms. Defaults to none.
        **kwargs: ``metainfo``, ``indices``, ``serialize_data``, ``test_mode`` and
            ``lazy_init``, as for mmengine's BaseDataset.

    Raises:
        DataError: The manifest cannot be used, or (later) a sample cannot be loaded.
    """

    def __init__(
        self,
        ann_file: str,
        data_root: str = '',
        tag_level: str = 'class',
        frame: str = 'middle',
        features: FeatureReader | None = None,
        max_bad_share: float = 0.05,
        filter_cfg: dict | None = None,
        pipeline: Sequence[dict | Callable] = (),
        **kwargs,
    ) -> None:
        if tag_level not in ('class', 'group'):
            raise ValueError(f"tag_level={tag_level!r} is neither 'class' nor 'group'")
        if frame not in _FRAMES:
            raise ValueError(f'frame={frame!r} must be one of {", ".join(_FRAMES)}')
        if not 0 <= max_bad_share < 1:
            raise ValueError(f'max_bad_share={max_bad_share} is not in [0, 1)')
        if set(filter_cfg or {}) - {'levels'}:
            raise ValueError(f'filter_cfg={filter_cfg} has unknown keys; only levels is allowed')
        self.tag_level = tag_level
        self.frame = frame
        self.features = features
        self.max_bad_share = max_bad_share
        super().__init__(
            ann_file,
            data_root=data_root,
            data_prefix={},
            filter_cfg=filter_cfg,
            pipeline=[TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline],
            **kwargs,
        )

    # ------------------------------------------------------------------ annotations

    def load_data_list(self) -> list[dict]:
        """Read the manifest and turn its entries into samples.

        Returns:
            list[dict]: The samples; with ``frame='random'``, no frame is chosen yet.

        Raises:
            DataError: The manifest is missing, damaged or invalid.
        """
        manifest = read_manifest(self.ann_file)
        for key, value in manifest['metainfo'].items():
            self._metainfo.setdefault(key, value)
        manifest['metainfo'] = self._metainfo
        require_no_problems(self.ann_file, manifest)
        self._names = TagLevel(self.tag_level, self._metainfo, self.ann_file)
        self._metainfo.update(
            classes=self._names.classes, families=self._names.families, tag_level=self.tag_level
        )
        return [sample for entry in manifest['data_list'] for sample in self._samples(entry)]

    def _samples(self, entry: dict) -> list[dict]:
        """The samples of one entry of the manifest."""
        clip = {
            'clip_id': entry['clip_id'],
            'audio_path': media_path(self.data_root, entry['audio']),
            'duration': entry['duration'],
            'tags': self._names.tags(entry['tags']),
        }
        if 'visual_tags' in entry:
            clip['visual_tags'] = self._names.tags(entry['visual_tags'])
        if 'annotators' in entry:
            clip['annotators'] = entry['annotators']
        if 'sources' in entry:
            clip['sources'] = {
                k: media_path(self.data_root, v) for k, v in entry['sources'].items()
            }
        if self.frame == 'random':
            return [{**clip, 'entry': entry}]
        if self.frame == 'annotated':
            indices = sorted(int(index) for index in entry.get('boxes', {}))
        else:
            indices = [frame_count(entry) // 2 if self.frame == 'middle' else 0]
        return [{**clip, **self._at_frame(entry, index)} for index in indices]

    def _at_frame(self, entry: dict, index: int) -> dict:
        """What belongs to one frame of an entry: its picture and its boxes."""
        boxes = entry.get('boxes', {})
        items = boxes.get(str(index), [])
        silent = not any(item['sounding'] for item in items)
        labels = [item['label'] for item in items]
        sizes = np.array([item['bbox'] for item in items], np.float32).reshape(-1, 4)
        video = 'video' in entry
        path = media_path(self.data_root, entry['video'] if video else entry['frames'][index])
        return {
            'video' if video else 'img_path': path,
            'frame_index': index,
            'time': index / entry['fps'],
            'negative': str(index) in boxes and silent,
            'boxes': sizes,
            'box_labels': np.array([self._names.label(name) for name in labels], np.int64),
            'box_families': np.array([self._names.family[name] for name in labels], np.int64),
            'box_names': labels,
            'box_sounding': np.array([item['sounding'] for item in items], bool),
        }

    def filter_data(self) -> list[dict]:
        """Keep the samples whose level is listed in ``filter_cfg``.

        Returns:
            list[dict]: The samples.

        Raises:
            DataError: No sample is left.
        """
        levels = (self.filter_cfg or {}).get('levels')
        kept = [s for s in self.data_list if levels is None or _level(s) in levels]
        if not kept:
            raise DataError(
                f'manifest {self.ann_file} has no samples with frame={self.frame!r} and '
                f'levels={levels} ({len(self.data_list)} before filtering)'
            )
        return kept

    def full_init(self) -> None:
        """Load the manifest once."""
        if not self._fully_initialized:
            super().full_init()
            self.bad_samples = BadSamples(len(self))

    def annotations(self) -> set[str]:
        """What any of the samples is annotated with.

        Returns:
            set[str]: Of 'tags', and 'boxes', of something that sounds or by annotators.
        """
        present: set[str] = set()
        for index in range(len(self)):
            info = super().get_data_info(index)
            present |= {'tags'} if info['tags'].any() else set()
            present |= {'boxes'} if info.get('annotators') or _has_sounding(info) else set()
            if len(present) == 2:
                break
        return present

    # ---------------------------------------------------------------------- samples

    def get_data_info(self, idx: int, frame: int | None = None) -> dict:
        """Return the annotations of a sample, as the pipeline receives them.

        Args:
            idx (int): Its index.
            frame (int, optional): The frame to take if frames are random. Defaults to None.

        Returns:
            dict: See the class.
        """
        info = super().get_data_info(idx)
        if 'entry' in info:
            entry = info.pop('entry')
            drawn = random.randrange(frame_count(entry)) if frame is None else frame
            info.update(self._at_frame(entry, drawn))
        if info.get('annotators'):
            boxes = torch.tensor(info['annotators'], dtype=torch.float64)
            info['gt_map'] = consensus_reference(boxes).numpy()
        return {**info, 'classes': self._metainfo['classes']}

    def prepare_data(self, idx: int, frame: int | None = None) -> dict:
        """Run a sample through the pipeline.

        Args:
            idx (int): Its index.
            frame (int, optional): As for :meth:`get_data_info`. Defaults to None.

        Returns:
            dict: The output of the pipeline.

        Raises:
            DataError: The media cannot be read; the message names the clip and the manifest.
        """
        info = self.get_data_info(idx, frame)
        with input_errors(f'clip {info["clip_id"]!r}, manifest {self.ann_file}'):
            if self.features is not None:
                info.update(self.features.read(info['sample_idx']))
            return self.pipeline(info)

    def __getitem__(self, idx: int) -> dict:
        if self.test_mode:
            return super().__getitem__(idx)
        self.full_init()
        while True:
            if idx not in self.bad_samples:
                before = get_random_state()
                try:
                    return super().__getitem__(idx)
                except DataError as error:
                    # a resumed run, which does not open this sample, must draw the same numbers
                    set_random_state(before)
                    self.count_bad(idx, str(error))
            idx = self._rand_another()

    def count_bad(self, idx: int, reason: str) -> None:
        """Remember that a sample cannot be read.

        Args:
            idx (int): Its index.
            reason (str): The error message.

        Raises:
            DataError: More than ``max_bad_share`` of the samples are bad.
        """
        info = super().get_data_info(idx)
        cause = cause_of(reason, info)
        sample = BadSample(self.ann_file, idx, info['clip_id'], cause, reason)
        if self.bad_samples.add(sample):
            self.bad_samples.check_share(sample, self.max_bad_share)

    def get_subset_(self, indices: int | Sequence[int]) -> None:
        """Keep only these samples; see mmengine's BaseDataset."""
        total = len(self)
        super().get_subset_(indices)
        self._become_subset(indices, total)

    def get_subset(self, indices: int | Sequence[int]) -> 'AVDataset':
        """Return a dataset with only these samples; see mmengine's BaseDataset."""
        subset = super().get_subset(indices)
        subset._become_subset(indices, len(self))
        return subset

    def _become_subset(self, indices: int | Sequence[int], total: int) -> None:
        self.bad_samples = BadSamples(len(self))
        if self.features is not None:
            self.features = FeatureSubset(self.features, indices, total)


def _has_sounding(sample: dict) -> bool:
    """Whether a sample, or any frame that may be drawn for it, has a sounding box."""
    if 'entry' not in sample:
        return bool(sample['box_sounding'].any())
    frames = sample['entry'].get('boxes', {}).values()
    return any(item['sounding'] for items in frames for item in items)


def _level(sample: dict) -> int:
    """The number of sounding tags, counted from the frame's boxes, else from the clip's tags."""
    if len(sample.get('box_labels', ())):
        return len(set(sample['box_labels'][sample['box_sounding']].tolist()))
    return int((sample['tags'] > 0.5).sum())
