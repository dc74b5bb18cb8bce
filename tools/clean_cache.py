"""List cached features of frozen backbones, and delete unused ones.

Another backbone, pipeline or file creates a new cache next to the old one. A deleted cache
is computed again when needed; a run that is using it stops.

    python tools/clean_cache.py                  # list the caches of all data sets in data/
    python tools/clean_cache.py --prune 30       # delete those unused for 30 days
    python tools/clean_cache.py FOLDER --prune 0 # delete all; not during a run that uses them
"""

import argparse
from pathlib import Path

from mmavl.datasets.feature_folder import stored_features
from mmavl.engine.user_errors import clear_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'folders', nargs='*', type=Path, help='folders of caches; default: data/*/features'
    )
    parser.add_argument(
        '--prune', type=float, metavar='DAYS', help='delete caches unused for this many days'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with clear_errors():
        total = 0
        for folder in args.folders or sorted(Path('data').glob('*/features')):
            if not folder.is_dir():
                raise NotADirectoryError(f'{folder} is not a folder')
            for item in stored_features(folder):
                old = args.prune is not None and item.idle_days >= args.prune
                size, idle, what = item.size, item.idle_days, item.backbone or 'incomplete'
                if old:
                    item.delete()
                total += size if old or args.prune is None else 0
                print(
                    f'{"deleted" if old else "kept   "}  {size / 1e6:8.1f} MB  '
                    f'unused for {idle:5.1f} days  {folder / str(item)}  {what}'
                )
        print(f'{total / 1e6:.1f} MB {"in total" if args.prune is None else "deleted"}')


if __name__ == '__main__':
    main()
