"""The COCO format for boxes, used to train detectors."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tqdm.contrib.concurrent import thread_map

from mmavl.datasets.media_paths import media_path
from mmavl.errors import DataError
from mmavl.media.image import read_image_size
from mmavl.utils.failures import error_line
from mmavl.utils.files import atomic_write

_THREADS = 8  # limited by the disk, not by cores


@dataclass
class BoxedImage:
    """An image with boxes.

    Attributes:
        file_name (str): Its path, relative to the folder in the detector's config.
        width, height (int): In pixels.
        boxes (list): Of ``(label, (x, y, w, h), crowd)``: a class name, the **normalised** box,
            and whether it covers a group of objects, which training ignores.
    """

    file_name: str
    width: int
    height: int
    boxes: list[tuple[str, Sequence[float], bool]] = field(default_factory=list)


def coco_annotations(classes: Sequence[str], images: Iterable[BoxedImage]) -> dict:
    """Create the content of a COCO annotation file.

    Args:
        classes (Sequence[str]): Class names; category i + 1 is the i-th class.
        images (Iterable[BoxedImage]): The images, in order.

    Returns:
        dict: ``images``, ``annotations`` (xywh in pixels) and ``categories``.
    """
    categories = {name: number for number, name in enumerate(classes, start=1)}
    content: dict[str, list[dict]] = {'images': [], 'annotations': []}
    for image_id, image in enumerate(images, start=1):
        size = {'width': image.width, 'height': image.height}
        content['images'].append({'id': image_id, 'file_name': image.file_name, **size})
        for label, (x, y, w, h), crowd in image.boxes:
            box = [x * image.width, y * image.height, w * image.width, h * image.height]
            content['annotations'].append(
                {
                    'id': len(content['annotations']) + 1,
                    'image_id': image_id,
                    'category_id': categories[label],
                    'bbox': [round(value, 3) for value in box],
                    'area': round(box[2] * box[3], 3),
                    'iscrowd': int(crowd),
                }
            )
    content['categories'] = [{'id': number, 'name': name} for name, number in categories.items()]
    return content


def write_coco(path: str | Path, content: dict) -> None:
    """Write a COCO annotation file; it is never incomplete.

    Raises:
        DataError: There are no boxes.
        OSError: The file cannot be written.
    """
    if not content['annotations']:
        raise DataError(f'{path} would contain no boxes: it is not written')
    with atomic_write(path) as file:
        json.dump(content, file)


def manifest_to_coco(
    manifest: dict, data_root: str | Path, left_out: dict[str, str] | None = None
) -> dict:
    """Create COCO annotations of all annotated frames of a manifest, including silent objects.

    Args:
        manifest (dict): ``metainfo`` and ``data_list``.
        data_root (str | Path): The folder that its paths are relative to; used to read image
            sizes.
        left_out (dict, optional): Filled with path -> reason for frames that cannot be read; if
            not given, the first one raises.

    Returns:
        dict: See :func:`coco_annotations`.

    Raises:
        DataError: A frame cannot be read, or is in a video.
    """
    frames = []
    for entry in manifest['data_list']:
        for index, items in sorted(entry.get('boxes', {}).items(), key=lambda pair: int(pair[0])):
            if 'video' in entry:
                raise DataError(
                    f'clip {entry["clip_id"]!r} has its frames in a video ({entry["video"]}), but '
                    'COCO needs image files: extract the frames and list them'
                )
            boxes = [(item['label'], item['bbox'], False) for item in items]
            frames.append((entry['frames'][int(index)], boxes))
    results = thread_map(
        partial(_boxed_image, Path(data_root)), frames, max_workers=_THREADS, unit='frame'
    )
    bad = {name: why for (name, _), why in zip(frames, results) if isinstance(why, Exception)}
    if bad:
        if left_out is None:
            raise next(iter(bad.values()))
        left_out.update({name: str(why) for name, why in bad.items()})
    images = [image for image in results if isinstance(image, BoxedImage)]
    return coco_annotations(manifest['metainfo']['classes'], images)


def _boxed_image(root: Path, frame: tuple[str, list]) -> BoxedImage | Exception:
    name, boxes = frame
    try:
        width, height = read_image_size(media_path(root, name))
    except DataError as error:
        return error
    except Exception as error:  # one bad frame must not stop the others
        return DataError(f'{root / name}: {error_line(error)}')
    return BoxedImage(name, width, height, boxes)
