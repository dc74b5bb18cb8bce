"""Convert VGGSound with the boxes of VGG-SS: single sources, extended negatives, duets.

Media are videos named {YouTube id}_{second}, or {name}.jpg with {name}.wav, anywhere below
--media. The page of this dataset: docs/datasets/vggsound.md.

    python tools/dataset_converters/vggsound.py --boxes vggss.json --media vggsound \\
        --negatives vggss_test_plus_silent.csv --duets vggsound_duet_test.csv \\
        --train train=vggsound.csv train_144k=vggss_144k.txt
"""

import argparse
from pathlib import Path

from mmavl.preparation.converters.options import add_common_options, place_of, run_converter
from mmavl.preparation.converters.vggsound import SPEC, VGGSound


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('--boxes', type=Path, required=True, help='the published vggss.json')
    add('--test-list', type=Path, help='test on these clips; default: all annotated ones')
    add('--negatives', type=Path, help="SLAVC's list of frames with a sound of another clip")
    add('--duets', type=Path, help="AVGN's list of pairs")
    add(
        '--train',
        type=_named_list,
        nargs='+',
        default=[],
        metavar='NAME=LIST',
        help='lists of clips to train on, each for a manifest of this name',
    )
    add_common_options(parser, 'data/vggsound', SPEC.min_seconds)
    return parser.parse_args()


def _named_list(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition('=')
    if not equals or not name.startswith('train') or '/' in name:
        raise argparse.ArgumentTypeError(f'{text!r} is not train...=LIST')
    return name, Path(path)


if __name__ == '__main__':
    options = parse_args()
    conversion = VGGSound(
        place_of(options),
        options.boxes,
        options.test_list,
        options.negatives,
        options.duets,
        dict(options.train),
    )
    run_converter(options, conversion.convert)
