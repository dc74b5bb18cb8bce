"""Convert SoundNet-Flickr: from pairs of pictures and sounds, or videos, to manifests.

Media are {id}.jpg with {id}.wav anywhere below --media, or videos named {id}, from which the
middle 5 s and their middle frame are used. See docs/datasets/soundnet_flickr.md.

    python tools/dataset_converters/soundnet_flickr.py --release original_release --media Data
    python tools/dataset_converters/soundnet_flickr.py --test-list gtest.txt \\
        --annotations Annotations --media Data
"""

import argparse
from pathlib import Path

from mmavl.preparation.converters.flickr import SPEC, SoundNetFlickr
from mmavl.preparation.converters.options import add_common_options, place_of, run_converter


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--release', type=Path, help='folder of the published gtest.txt and gtdata.pkl'
    )
    parser.add_argument('--test-list', type=Path, help="default: the release's gtest.txt")
    parser.add_argument(
        '--annotations',
        type=Path,
        help="gtdata.pkl, or the published folder of XML files; default: the release's gtdata.pkl",
    )
    parser.add_argument(
        '--sizes',
        type=int,
        nargs='+',
        default=[10_000, 20_000],
        metavar='N',
        help='training subsets; default 10000 20000',
    )
    parser.add_argument(
        '--val',
        type=int,
        default=250,
        help='annotated pairs outside the test list; default 250',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='selects training and validation pairs'
    )
    parser.add_argument(
        '--negatives', type=Path, help="SLAVC's list of frames with a sound of another pair"
    )
    add_common_options(parser, 'data/soundnet_flickr', SPEC.min_seconds)
    args = parser.parse_args()
    if args.release:
        args.test_list = args.test_list or args.release / 'gtest.txt'
        args.annotations = args.annotations or args.release / 'gtdata.pkl'
    if not (args.test_list and args.annotations):
        parser.error('give --release, or --test-list and --annotations')
    return args


if __name__ == '__main__':
    options = parse_args()
    conversion = SoundNetFlickr(
        place_of(options),
        options.test_list,
        options.annotations,
        tuple(options.sizes),
        options.val,
        options.seed,
        options.negatives,
    )
    run_converter(options, conversion.convert)
