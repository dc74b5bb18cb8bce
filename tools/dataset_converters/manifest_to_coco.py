"""Export the boxes of manifests in COCO format, to train a detector.

Writes train_coco.json next to train.json, or to another folder. Boxes of silent instruments are
included, since a detector sees no difference. Unreadable frames are left out and
listed in train_coco.left_out.json.

python tools/dataset_converters/manifest_to_coco.py data/instrument_scenes/{train,val,test}.json
"""

import argparse
import json
import sys
from pathlib import Path

from mmavl.datasets.manifest import read_checked_manifest
from mmavl.errors import DataError
from mmavl.preparation.coco import manifest_to_coco, write_coco
from mmavl.utils.files import atomic_write


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('manifests', type=Path, nargs='+', metavar='MANIFEST')
    parser.add_argument('--data-root', type=Path, help="default: each manifest's folder")
    parser.add_argument('--out-dir', type=Path, help="default: each manifest's folder")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    for path in args.manifests:
        out = (args.out_dir or path.parent) / f'{path.stem}_coco.json'
        try:
            left_out = export(path, args.data_root or path.parent, out)
        except (DataError, OSError) as error:
            sys.exit(f'error: {path}: {error}')
        if left_out:
            print(f'left out: {len(left_out)} unreadable frames; see {left_out_path(out)}')


def export(path: Path, root: Path, out: Path) -> dict[str, str]:
    """Write the boxes of one manifest; returns the frames that were left out, and why."""
    manifest, left_out = read_checked_manifest(path), {}
    content = manifest_to_coco(manifest, root, left_out)
    if left_out and not content['images']:
        raise DataError(next(iter(left_out.values())))
    write_coco(out, content)
    left_out_path(out).unlink(missing_ok=True)
    if left_out:
        with atomic_write(left_out_path(out)) as file:
            json.dump(left_out, file, indent=1)
    print(f'{out}: {len(content["images"])} images, {len(content["annotations"])} boxes')
    return left_out


def left_out_path(out: Path) -> Path:
    return out.with_name(f'{out.stem}.left_out.json')


if __name__ == '__main__':
    main()
