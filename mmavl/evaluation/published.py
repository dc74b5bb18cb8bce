"""References out of the annotation files that the paper's authors and its peers published."""

import json
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.utils.safe_pickle import load_arrays

from .predictions import Prediction


def read_audioset_instrument(folder: str | Path) -> tuple[list[Prediction], dict]:
    """AudioSet-instrument: boxes of a detector on 4503 frames of 566 clips, 15 classes.

    The annotated instruments are the sounding ones. ``image_id`` is ten times the index of the
    clip among the sorted ids of ``val_audio.pkl``, plus the frame's index. Boxes are published
    as normalised **xywh**.

    Args:
        folder (str | Path): Holds ``normav.json`` and ``val_audio.pkl``.

    Returns:
        tuple: References without predictions (``Prediction``, ``gt_tags`` as published), and
        metainfo with the class names.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not what was published.
    """
    path = Path(folder) / 'normav.json'
    tags = load_arrays(Path(folder) / 'val_audio.pkl')
    clips = sorted(tags)
    try:
        with open(path, encoding='utf-8') as file:
            published = json.load(file)
        boxes = {image['id']: [] for image in published['images']}
        for annotation in published['annotations']:
            box = (*annotation['bbox'], annotation['category_id'])
            boxes[annotation['image_id']].append(box)
        classes = [category['name'] for category in published['categories']]
        predictions = []
        for image_id, rows in sorted(boxes.items()):
            x, y, w, h, label = np.array(rows, np.float64).reshape(-1, 5).T
            clip = clips[image_id // 10]
            predictions.append(
                Prediction(
                    clip,
                    image_id % 10,
                    boxes=np.stack([x, y, x + w, y + h], axis=1),
                    box_labels=label,
                    box_sounding=np.ones(len(label)),
                    box_families=np.full(len(label), -1),
                    gt_tags=tags[clip],
                )
            )
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f'{path} is not the published annotation: {error!r}') from error
    return predictions, {'dataset': 'AudioSet-instrument', 'split': 'val', 'classes': classes}


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
    path = Path(folder) / 'gtdata.pkl'
    try:
        annotations = {
            Path(entry['visual']).stem: entry['anno'].astype(np.float64)
            for entry in load_arrays(path).values()
        }
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f'{path} is not the published annotation: {error!r}') from error
    with open(Path(folder) / 'gtest.txt', encoding='utf-8') as file:
        names = [Path(line.strip()).stem for line in file if line.strip()]
    predictions = [Prediction(name, annotators=annotations.get(name)) for name in names]
    return predictions, {'dataset': 'SoundNet-Flickr', 'split': 'test', 'classes': []}
