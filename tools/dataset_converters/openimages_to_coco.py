"""Convert Open Images' boxes of the 15 AudioSet-instrument classes to COCO format.

python tools/dataset_converters/openimages_to_coco.py --classes class-descriptions-boxable.csv \
    --boxes train-annotations-bbox.csv --images train --out train_instruments.json

Sizes are read from the images, <ImageID>.jpg in the folder, or a table (ImageID,Width,Height).
Missing or damaged images are left out and listed in <out>.left_out.json.
"""

import argparse
import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from tqdm.contrib.concurrent import thread_map

from mmavl.errors import DataError
from mmavl.media.image import read_image_size
from mmavl.preparation.coco import BoxedImage, coco_annotations, write_coco
from mmavl.preparation.open_images import INSTRUMENTS, read_boxes, read_class_labels, read_sizes
from mmavl.utils.failures import error_line
from mmavl.utils.files import atomic_write


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--classes', type=Path, required=True, help='class descriptions (CSV)')
    parser.add_argument('--boxes', type=Path, required=True, help='*-annotations-bbox.csv')
    parser.add_argument('--out', type=Path, required=True)
    sizes = parser.add_mutually_exclusive_group(required=True)
    sizes.add_argument('--images', type=Path, help='folder of the images')
    sizes.add_argument('--image-sizes', type=Path, help='CSV: ImageID,Width,Height')
    parser.add_argument('--workers', type=int, default=8, help='threads for opening images')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        convert(args)
    except (DataError, OSError) as error:
        sys.exit(f'error: {error}')


def convert(args: argparse.Namespace) -> None:
    if args.images is not None and not args.images.is_dir():
        raise DataError(f'--images {args.images} is not a folder')
    table = None if args.image_sizes is None else read_sizes(args.image_sizes)
    boxes, dropped = read_boxes(args.boxes, read_class_labels(args.classes))
    size = partial(image_size, args.images, table)
    sizes = dict(zip(boxes, thread_map(size, boxes, max_workers=args.workers, unit='image')))
    left_out = {image: why for image, why in sizes.items() if isinstance(why, str)}
    images = [
        BoxedImage(f'{image}.jpg', *sizes[image], instruments)
        for image, instruments in boxes.items()
        if image not in left_out
    ]
    write_coco(args.out, coco_annotations(tuple(INSTRUMENTS), images))
    sidecar = args.out.with_name(f'{args.out.stem}.left_out.json')
    with atomic_write(sidecar) as file:
        json.dump({'rows': dropped, 'images': left_out}, file, indent=1)
    report(args.out, images, len(left_out), dropped, sidecar)


def image_size(folder: Path | None, table: dict | None, image: str) -> tuple[int, int] | str:
    """(width, height), or why it is unknown."""
    if table is not None:
        return table.get(image, 'not in the table of sizes')
    try:
        return read_image_size(str(folder / f'{image}.jpg'))
    except DataError as error:
        return str(error)
    except Exception as error:  # one bad image must not stop the others
        return f'{folder / image}.jpg: {error_line(error)}'


def report(out: Path, images: list, left_out: int, dropped: Counter, sidecar: Path) -> None:
    labels = Counter(label for image in images for label, _, _ in image.boxes)
    groups = sum(crowd for image in images for _, _, crowd in image.boxes)
    for name in INSTRUMENTS:
        print(f'{name:12}{labels[name]:8} boxes')
    print(f'{out}: {len(images)} images, {labels.total()} boxes, {groups} of them cover groups')
    causes = [f'{count} {cause}' for cause, count in dropped.items()]
    if left_out:
        causes.append(f'{left_out} of {len(images) + left_out} images')
    if causes:
        print(f'left out: {", ".join(causes)}; see {sidecar}')


if __name__ == '__main__':
    main()
