"""Convert AudioSet-instrument: from downloaded videos or extracted frames to manifests.

Media may be whole YouTube videos, already cut clips, or folders of numbered frames
with sound files; their names start with the video id. See
docs/datasets/audioset_instrument.md.

    python tools/dataset_converters/audioset_instrument.py --release original_release
    python tools/dataset_converters/audioset_instrument.py --release original_release \\
        --train-segments unbalanced_train_segments.csv \\
        --test-segments balanced_train_segments.csv --media downloads
"""

import argparse
from pathlib import Path

from mmavl.datasets.manifest import read_manifest
from mmavl.preparation.converters.audioset import SPEC, AudioSetInstrument, count_levels
from mmavl.preparation.converters.options import add_common_options, place_of, run_converter
from mmavl.preparation.converters.report import Report


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--release', type=Path, help='folder of the published normav.json and val_audio.pkl: test'
    )
    parser.add_argument(
        '--train-segments', type=Path, help="AudioSet's unbalanced segment list: train and val"
    )
    parser.add_argument(
        '--test-segments',
        type=Path,
        help="AudioSet's balanced segment list: start times of test clips; without "
        '--release, it also selects the test clips',
    )
    parser.add_argument(
        '--val', type=int, default=500, help='training clips to hold out; default 500'
    )
    parser.add_argument('--seed', type=int, default=0, help='selects the clips to hold out')
    add_common_options(parser, 'data/audioset_instrument', SPEC.min_seconds)
    return parser.parse_args()


def convert(args: argparse.Namespace) -> Report:
    report = AudioSetInstrument(
        place_of(args),
        args.release,
        args.train_segments,
        args.test_segments,
        args.val,
        args.seed,
    ).convert()
    if args.release and report.usable.get('test'):
        levels = count_levels(read_manifest(args.out / 'test.json')['data_list'])
        counts = ' / '.join(str(levels[level]) for level in (1, 2, 3))
        print(f'test: {levels.total()} annotated frames; levels 1 / 2 / 3: {counts}')
    return report


if __name__ == '__main__':
    options = parse_args()
    run_converter(options, lambda: convert(options))
