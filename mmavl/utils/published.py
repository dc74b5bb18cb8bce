"""The annotation files that the paper's authors and its peers published, as plain values."""

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmavl.errors import DataError

from .safe_pickle import load_arrays


@dataclass(frozen=True)
class InstrumentRelease:
    """AudioSet-instrument's test annotation, boxes of a detector.

    Attributes:
        classes (list[str]): The 15 names, in order.
        tags (dict): Clip id -> published tags, float [15].
        boxes (dict): (clip id, frame) -> rows (x, y, w, h, label), float64 [n, 5], normalised
            **xywh**, in the order of the published image ids.
    """

    classes: list[str]
    tags: dict[str, np.ndarray]
    boxes: dict[tuple[str, int], np.ndarray]


def read_instrument_release(folder: str | Path) -> InstrumentRelease:
    """Read ``normav.json`` and ``val_audio.pkl``.

    ``image_id`` is ten times the index of the clip among the sorted ids of ``val_audio.pkl``,
    plus the frame's index.

    Args:
        folder (str | Path): Holds both files.

    Returns:
        InstrumentRelease: What they say.

    Raises:
        FileNotFoundError: One of the files is missing.
        DataError: A file is not what was published.
    """
    path = Path(folder) / 'normav.json'
    tags = load_arrays(Path(folder) / 'val_audio.pkl')
    try:
        clips = sorted(tags)
        with open(path, encoding='utf-8') as file:
            published = json.load(file)
        rows = {image['id']: [] for image in published['images']}
        for annotation in published['annotations']:
            row = (*annotation['bbox'], annotation['category_id'])
            rows[annotation['image_id']].append(row)
        stray = [image for image in rows if not 0 <= image // 10 < len(clips)]
        if stray:
            raise DataError(
                f'{path} annotates image {stray[0]}, clip number {stray[0] // 10}, but '
                f'val_audio.pkl has {len(clips)} clips: the two files do not belong together'
            )
        boxes = {
            (clips[image // 10], image % 10): np.array(found, np.float64).reshape(-1, 5)
            for image, found in sorted(rows.items())
        }
        classes = [category['name'] for category in published['categories']]
    except DataError:
        raise
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f'{path} is not the published annotation: {error!r}') from error
    return InstrumentRelease(classes, tags, boxes)


def read_flickr_boxes(path: str | Path) -> dict[str, np.ndarray]:
    """Read SoundNet-Flickr's annotators' boxes, ``gtdata.pkl`` or the published XML folder.

    Args:
        path (str | Path): The pickle, or the folder of one ``{id}.xml`` for each pair.

    Returns:
        dict: Flickr id -> float64 [m, 4], xyxy in pixels of 256 x 256, one row an annotator.

    Raises:
        FileNotFoundError: There is no such file or folder.
        DataError: A file is not what was published.
    """
    path = Path(path)
    if path.is_dir():
        return {file.stem: _read_xml(file) for file in sorted(path.glob('*.xml'))}
    try:
        return {
            Path(entry['visual']).stem: entry['anno'].astype(np.float64)
            for entry in load_arrays(path).values()
        }
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f'{path} is not the published annotation: {error!r}') from error


def _read_xml(path: Path) -> np.ndarray:
    """The boxes of one pair: in every ``bbox`` element the last four numbers are xyxy."""
    rows = []
    try:
        for element in ElementTree.parse(path).iter('bbox'):
            texts = [(child.text or '').strip() for child in element]
            numbers = [float(text) for text in texts if re.fullmatch(r'-?\d+(\.\d+)?', text)]
            if len(numbers) < 4:
                raise DataError(f'{path} has a bbox of fewer than four numbers: {texts}')
            rows.append(numbers[-4:])
    except ElementTree.ParseError as error:
        raise DataError(f'{path} is not valid XML: {error}') from error
    return np.array(rows, np.float64).reshape(-1, 4)


def read_name_list(path: str | Path) -> list[str]:
    """Read a list of files, one a line, as names without folder and suffix."""
    with open(path, encoding='utf-8') as file:
        return [Path(line.strip()).stem for line in file if line.strip()]


def read_video_list(path: str | Path) -> dict[str, list[str]]:
    """Read MUSIC's ``*_videos.json``: class, or two classes -> video ids, in their order.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not such a list.
    """
    try:
        with open(path, encoding='utf-8') as file:
            videos = json.load(file)['videos']
        if not all(isinstance(v, str) for ids in videos.values() for v in ids):
            raise TypeError('a video id is no string')
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f'{path} is no list of MUSIC videos: {error!r}') from error
    return videos


def read_music_boxes(path: str | Path) -> list[tuple[str, list[tuple[str, list[float]]]]]:
    """Read ``music_solo_boxes.json`` or ``music_duet_boxes.json``: normalised **xywh**.

    Returns:
        list: (file name, [(class, box), ...]) of each annotated frame, in the file's order.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not the published annotation.
    """
    try:
        with open(path, encoding='utf-8') as file:
            items = json.load(file)
        return [
            (
                item['file'],
                [
                    (item[f'class{source}'], [float(v) for v in item[f'bbox{source}']])
                    for source in ('', '_src1', '_src2')
                    if f'bbox{source}' in item
                ],
            )
            for item in items
        ]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f'{path} is not the published annotation: {error!r}') from error
