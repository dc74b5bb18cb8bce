"""MUSIC and MUSIC21: lists of videos, and boxes."""

from pathlib import Path

from mmavl.errors import DataError
from mmavl.utils.file_names import require_name

from .reading import Duplicates, four_numbers, note_duplicate, read_json, reading


def read_video_list(
    path: str | Path, duplicates: Duplicates | None = None
) -> dict[str, list[str]]:
    """Read MUSIC's ``*_videos.json``: a class, or two -> video ids, in their order.

    Args:
        path (str | Path): The file.
        duplicates (list, optional): Filled with id and detail of videos listed twice for a class.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not such a list, or a name would lead to another folder.
    """
    with reading(path, 'is not a list of MUSIC videos'):
        videos = read_json(path)['videos']
        if not all(isinstance(ids, list) for ids in videos.values()):
            raise TypeError('a class has no list of video ids')
        if not all(isinstance(clip, str) for ids in videos.values() for clip in ids):
            raise TypeError('a video id is not a string')
        for group, ids in videos.items():
            for number, clip in enumerate(ids):
                require_name(clip, f'{path}: video {number} of {group!r:.80}')
            require_name(group, path)
            for clip in {clip for clip in ids if ids.count(clip) > 1}:
                note_duplicate(duplicates, clip, f'{path} lists it twice for {group!r}')
            videos[group] = list(dict.fromkeys(ids))
    return videos


def read_music_boxes(
    path: str | Path, duplicates: Duplicates | None = None
) -> list[tuple[str, list[tuple[str, list[float]]]]]:
    """Read ``music_solo_boxes.json`` or ``music_duet_boxes.json``: normalised **xywh**.

    Args:
        path (str | Path): The file.
        duplicates (list, optional): Filled with name and detail of frames annotated twice.

    Returns:
        list: (file name, [(class, box), ...]) of each annotated frame, in the file's order.
        Missing numbers of a box are NaN.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not the published annotation.
    """
    frames: dict[str, list[tuple[str, list[float]]]] = {}
    with reading(path):
        for number, item in enumerate(read_json(path)):
            name = require_name(item['file'], f'{path}: item {number}')
            objects = [
                (item[f'class{source}'], four_numbers(item[f'bbox{source}'], f'{path}: {name!r}'))
                for source in ('', '_src1', '_src2')
                if f'bbox{source}' in item
            ]
            if not objects or not all(isinstance(label, str) for label, _ in objects):
                raise DataError(f'{path}: {name!r} has no box with a class: {item!r:.200}')
            if name in frames:
                note_duplicate(duplicates, name, f'{path} annotates this frame twice')
            else:
                frames[name] = objects
    return list(frames.items())
