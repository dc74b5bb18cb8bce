"""References from the annotation files published by the paper's authors and related work."""

from pathlib import Path
from typing import Any

import numpy as np

from mmavl.evaluation.predictions import Prediction

from .flickr import read_flickr_boxes, read_name_list
from .instruments import read_instrument_release
from .music import read_music_boxes
from .vggss import read_vggss_boxes


def read_audioset_instrument(folder: str | Path) -> tuple[list[Prediction], dict]:
    """AudioSet-instrument: boxes of a detector on 4503 frames of 566 clips, 15 classes.

    The annotated instruments are the sounding ones. Frames with an invalid box or one without
    area are left out.

    Args:
        folder (str | Path): The folder of ``normav.json`` and ``val_audio.pkl``.

    Returns:
        tuple: References without predictions (``Prediction``, ``gt_tags`` as published), and
        metainfo with the class names, and the frames ``left_out``, by clip id and index.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not the published one.
    """
    release = read_instrument_release(folder)
    predictions, left_out = [], []
    for (clip, frame), rows in release.boxes.items():
        x, y, w, h, label = rows.T
        if not (np.isfinite(rows).all() and (w > 0).all() and (h > 0).all()):
            left_out.append((clip, frame))
            continue
        predictions.append(
            Prediction(
                clip,
                frame,
                gt_tags=release.tags[clip],
                **_sounding(np.stack([x, y, x + w, y + h], axis=1), label),
            )
        )
    metainfo = {'dataset': 'AudioSet-instrument', 'split': 'val', 'classes': release.classes}
    return predictions, {**metainfo, 'left_out': left_out}


def _sounding(boxes: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    return {
        'boxes': boxes,
        'box_labels': labels,
        'box_sounding': np.ones(len(labels)),
        'box_families': np.full(len(labels), -1),
    }


def read_vggss(path: str | Path) -> tuple[list[Prediction], dict]:
    """VGG-SS: one class per clip, whose objects all sound.

    A clip none of whose boxes has an area keeps one without: as in the published evaluators it
    counts, and nothing can find it.

    Args:
        path (str | Path): The published ``vggss.json``.

    Returns:
        tuple: References without predictions, and metainfo with the sorted class names and
        the ``problems`` by clip: boxes that were clipped to the frame, or left out.

    Raises:
        FileNotFoundError: The file is missing.
        DataError: The file is not the published one.
    """
    release = read_vggss_boxes(path)
    classes = sorted(set(release.classes.values()))
    predictions = []
    for clip, boxes in release.boxes.items():
        boxes = boxes if len(boxes) else np.zeros((1, 4))
        labels = np.full(len(boxes), classes.index(release.classes[clip]))
        predictions.append(Prediction(clip, **_sounding(boxes, labels)))
    metainfo = {'dataset': 'VGG-SS', 'split': 'test', 'classes': classes}
    return predictions, {**metainfo, 'problems': release.problems}


def read_music(path: str | Path) -> tuple[list[Prediction], dict]:
    """MUSIC's annotated frames: one source in each of the solos, two in each of the duets.

    Args:
        path (str | Path): The published ``music_solo_boxes.json`` or ``music_duet_boxes.json``.

    Returns:
        tuple: References without predictions, by the frames' names, and metainfo with the class
        names, sorted.

    Raises:
        FileNotFoundError: The file is missing.
        DataError: It is not what was published.
    """
    frames = read_music_boxes(path)
    classes = sorted({label for _, items in frames for label, _ in items})
    predictions = []
    for name, items in frames:
        sizes = np.array([box for _, box in items])
        corners = np.concatenate([sizes[:, :2], sizes[:, :2] + sizes[:, 2:]], axis=1)
        labels = np.array([classes.index(label) for label, _ in items])
        predictions.append(Prediction(name, **_sounding(corners, labels)))
    return predictions, {'dataset': 'MUSIC', 'split': 'test', 'classes': classes}


def read_soundnet_flickr(folder: str | Path) -> tuple[list[Prediction], dict]:
    """SoundNet-Flickr's test list: boxes of several annotators for 249 of 250 pairs.

    Args:
        folder (str | Path): The folder of ``gtest.txt`` and ``gtdata.pkl``.

    Returns:
        tuple: References without predictions, in the order of the list, including the pair without
        annotation (``3908875357``), which evaluation counts as listed; and metainfo.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not the published one.
    """
    annotations = read_flickr_boxes(Path(folder) / 'gtdata.pkl')
    names = read_name_list(Path(folder) / 'gtest.txt')
    predictions = [Prediction(name, annotators=annotations.get(name)) for name in names]
    return predictions, {'dataset': 'SoundNet-Flickr', 'split': 'test', 'classes': []}
