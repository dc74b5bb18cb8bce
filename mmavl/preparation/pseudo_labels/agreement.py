"""Agreement of pseudo-labels with true tags."""

from pathlib import Path

import numpy as np
import torch

from mmavl.datasets.av_dataset import AVDataset
from mmavl.datasets.manifest import read_manifest
from mmavl.errors import DataError
from mmavl.evaluation.functional import mean_average_precision


def agreement(
    pseudo: str | Path, true: str | Path, levels: tuple[str, ...] = ('class', 'group')
) -> dict[str, dict[str, float]]:
    """Compare a manifest of pseudo-labels with one of true tags.

    Audio labels are compared with the true tags; visual labels with the boxes of the clip's
    middle frame, sounding or not (if there are none, with the frame's tags).

    Args:
        pseudo (str | Path): The manifest with pseudo-labels.
        true (str | Path): A manifest with true tags for all clips of ``pseudo``.
        levels (tuple[str, ...]): Levels of the tags. Defaults to both.

    Returns:
        dict[str, dict[str, float]]: ``audio class``, ``visual group``, ...; see
        :func:`tag_agreement`. Levels that the manifests do not have are left out.

    Raises:
        DataError: A manifest cannot be used, or a clip is missing in the true one.
    """
    results = {}
    for level in levels:
        if level == 'group' and not read_manifest(true)['metainfo'].get('groups'):
            continue
        labelled = AVDataset(str(pseudo), tag_level=level, test_mode=True)
        truth = {s['clip_id']: s for s in AVDataset(str(true), tag_level=level, test_mode=True)}
        clips = list(labelled)
        unknown = [clip['clip_id'] for clip in clips if clip['clip_id'] not in truth]
        if unknown:
            raise DataError(
                f'clip {unknown[0]!r} and {len(unknown) - 1} others of {pseudo} are not in {true}'
            )
        references = [truth[clip['clip_id']] for clip in clips]
        audio_tags = np.stack([sample['tags'] for sample in references]) > 0.5
        visual_tags = np.stack([_visual_tags(sample) for sample in references])
        results[f'audio {level}'] = tag_agreement(_stack(clips, 'tags'), audio_tags)
        results[f'visual {level}'] = tag_agreement(_stack(clips, 'visual_tags'), visual_tags)
    return results


def _stack(clips: list[dict], key: str) -> np.ndarray:
    return np.stack([clip.get(key, clip['tags']) for clip in clips])


def _visual_tags(sample: dict) -> np.ndarray:
    if not len(sample['box_labels']):
        return sample.get('visual_tags', sample['tags']) > 0.5
    visual_tags = np.zeros(len(sample['tags']), bool)
    visual_tags[sample['box_labels']] = True
    return visual_tags


def tag_agreement(labels: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Compare labels with true tags.

    Args:
        labels (ndarray): In [0, 1], [N, C]; above 0.5 is a tag.
        truth (ndarray): bool [N, C].

    Returns:
        dict[str, float]: Shares in [0, 1]: ``accuracy`` of all N x C decisions, and
        ``accuracy_none``, its value without any tags; ``precision`` and ``recall`` of the tags,
        pooled over classes; ``exact``, clips with all classes correct; ``best``, clips whose
        largest label is correct; ``map``, mean average precision over classes, and
        ``map_chance``, its value for random labels. Empty shares are nan.
    """
    tags = labels > 0.5
    right = tags & truth
    positive = truth.any(0)
    best = np.take_along_axis(truth, labels.argmax(1)[:, None], 1)[:, 0] & (labels.max(1) > 0)
    mean_ap = mean_average_precision(torch.from_numpy(labels), torch.from_numpy(truth))
    return {
        'accuracy': float((tags == truth).mean()),
        'accuracy_none': float((~truth).mean()),
        'precision': _share(right, tags),
        'recall': _share(right, truth),
        'exact': float((tags == truth).all(1).mean()),
        'best': float(best.mean()),
        'map': float(mean_ap),
        'map_chance': float(truth.mean(0)[positive].mean()) if positive.any() else float('nan'),
    }


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else float('nan')
