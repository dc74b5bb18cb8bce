"""Export manifests' boxes to COCO's format, to train a detector on.

Writes train_coco.json beside train.json, or in another folder. Boxes of silent instruments are
exported too: a detector sees them like the others.

python tools/dataset_converters/manifest_to_coco.py data/instrument_scenes/{train,val,test}.json
"""

import argparse
import sys
from pathlib import Path

from mmavl.datasets.coco import manifest_to_coco, write_coco
from mmavl.datasets.manifest import read_checked_manifest
from mmavl.errors import DataError


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
            content = manifest_to_coco(read_checked_manifest(path), args.data_root or path.parent)
            write_coco(out, content)
        except (DataError, OSError) as error:
            sys.exit(f'error: {path}: {error}')
        print(f'{out}: {len(content["images"])} images, {len(content["annotations"])} boxes')


if __name__ == '__main__':
    main()
