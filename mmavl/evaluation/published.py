"""References out of the annotation files that the paper's authors and its peers published."""

from pathlib import Path

import numpy as np

from mmavl.utils.published import read_flickr_boxes, read_instrument_release, read_name_list

from .predictions import Prediction


def read_audioset_instrument(folder: str | Path) -> tuple[list[Prediction], dict]:
    """AudioSet-instrument: boxes of a detector on 4503 frames of 566 clips, 15 classes.

    The annotated instruments are the sounding ones.

    Args:
        folder (str | Path): Holds ``normav.json`` and ``val_audio.pkl``.

    Returns:
        tuple: References without predictions (``Prediction``, ``gt_tags`` as published), and
        metainfo with the class names.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not what was published.
    """
    release = read_instrument_release(folder)
    predictions = []
    for (clip, frame), rows in release.boxes.items():
        x, y, w, h, label = rows.T
        predictions.append(
            Prediction(
                clip,
                frame,
                boxes=np.stack([x, y, x + w, y + h], axis=1),
                box_labels=label,
                box_sounding=np.ones(len(label)),
                box_families=np.full(len(label), -1),
                gt_tags=release.tags[clip],
            )
        )
    metainfo = {'dataset': 'AudioSet-instrument', 'split': 'val', 'classes': release.classes}
    return predictions, metainfo


def read_soundnet_flickr(folder: str | Path) -> tuple[list[Prediction], dict]:
    """SoundNet-Flickr's test list: boxes of several annotators for 249 of 250 pairs.

    Args:
        folder (str | Path): Holds ``gtest.txt`` and ``gtdata.pkl``.

    Returns:
        tuple: References without predictions in the order of the list, the ones without an
        annotation (``3908875357``) too, which evaluation counts as listed; and metainfo.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not what was published.
    """
    annotations = read_flickr_boxes(Path(folder) / 'gtdata.pkl')
    names = read_name_list(Path(folder) / 'gtest.txt')
    predictions = [Prediction(name, annotators=annotations.get(name)) for name in names]
    return predictions, {'dataset': 'SoundNet-Flickr', 'split': 'test', 'classes': []}
