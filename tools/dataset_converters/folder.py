"""Make a dataset from a folder of your own videos.

Each video is in a sub-folder named after its class ("violin") or classes ("violin+piano"); or a
CSV file lists them, with one "path,class;class" per line. See docs/own_clips.md.

    python tools/dataset_converters/folder.py my_videos --out data/mine
    python tools/dataset_converters/folder.py my_videos --tags tags.csv --out data/mine
"""

import argparse
from pathlib import Path

from mmavl.preparation.converters.folder import SPEC, Folder
from mmavl.preparation.converters.options import add_common_options, place_of, run_converter


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='the folder of videos')
    parser.add_argument('--tags', type=Path, metavar='FILE', help='CSV file with the tags')
    parser.add_argument(
        '--seconds', type=float, default=SPEC.seconds, help='length of a clip (default 5)'
    )
    add_common_options(parser, 'data/mine', SPEC.min_seconds)
    args = parser.parse_args()
    args.media = args.folder
    return args


if __name__ == '__main__':
    options = parse_args()
    run_converter(
        options, lambda: Folder(place_of(options), options.tags, options.seconds).convert()
    )
