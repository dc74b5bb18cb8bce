"""Draw a fixed list of test mixtures from a manifest, to be committed.

python tools/dataset_converters/make_mixtures.py data/instrument_scenes/test.json \
    mmavl/datasets/mixture_lists/scenes_test.json --count 100
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from mmavl.datasets.manifest import read_checked_manifest
from mmavl.datasets.mixture_list import draw_mixtures, write_mixtures
from mmavl.errors import DataError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('manifest', type=Path)
    parser.add_argument('out', type=Path)
    parser.add_argument('--count', type=int, default=100, help='mixtures; default: 100')
    parser.add_argument('--size', type=int, default=2, help='sources per mixture; default: 2')
    parser.add_argument(
        '--levels',
        type=int,
        nargs='+',
        default=[1],
        help='use clips with this many sounding classes; default: 1, solos',
    )
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        manifest = read_checked_manifest(args.manifest)
        mixtures = draw_mixtures(
            manifest['data_list'], args.size, args.count, args.levels, args.seed
        )
        kept = ('dataset', 'split', 'seed')
        metainfo = {key: value for key, value in manifest['metainfo'].items() if key in kept}
        drawn = {'size': args.size, 'count': args.count, 'levels': args.levels, 'seed': args.seed}
        write_mixtures(args.out, mixtures, {**metainfo, 'drawn_with': drawn})
    except (DataError, OSError) as error:
        sys.exit(f'error: {error}')
    counts = Counter(name for mixture in mixtures for _, name in mixture)
    print(f'{len(mixtures)} mixtures: ' + ', '.join(f'{v} {k}' for k, v in counts.most_common()))


if __name__ == '__main__':
    main()
