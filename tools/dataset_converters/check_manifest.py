"""Check a manifest and its media: one line per problem, and a summary at the end.

Exits with status 0 if there are no problems, 1 if there are any, 2 if it is not a manifest.

    python tools/dataset_converters/check_manifest.py data/instrument_scenes/train.json
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from mmavl.datasets.manifest import check_manifest, describe, read_manifest
from mmavl.errors import DataError
from mmavl.utils.names import one_line


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('manifest', type=Path)
    parser.add_argument('--data-root', type=Path, help="default: the manifest's folder")
    parser.add_argument('--workers', type=int, default=os.cpu_count(), help='default: all cores')
    parser.add_argument('--no-media', action='store_true', help='check only the annotations')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    try:
        manifest = read_manifest(args.manifest)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    root = None if args.no_media else args.data_root or args.manifest.parent
    problems = check_manifest(manifest, root, args.workers, progress=True)
    for line in describe(manifest, problems):
        print(one_line(line))
    kinds = Counter(problem.kind for listed in problems.values() for problem in listed)
    counts = ', '.join(f'{count} {kind}' for kind, count in kinds.most_common())
    total = len(manifest['data_list'])
    print(f'{total} entries, {len(problems)} with problems{f": {counts}" if counts else ""}')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
