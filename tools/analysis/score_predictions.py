"""Score a prediction dump under any protocols, without the model: the live run's figures.

python tools/analysis/score_predictions.py predictions.npz --protocol half_max median
python tools/analysis/score_predictions.py test.npz --protocol val_best --val-dump val.npz
"""

import argparse
import json
import sys

from mmavl.evaluation import PROTOCOLS, evaluate_localization, evaluate_tags, read_predictions
from mmavl.utils.files import atomic_write


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('dump', help='.npz file that tools/test.py --out wrote')
    parser.add_argument(
        '--protocol',
        nargs='+',
        default=['half_max'],
        metavar='NAME',
        help=f'{", ".join(PROTOCOLS)}; each also with /union, /predicted or both after it; '
        'default: half_max',
    )
    parser.add_argument(
        '--val-dump',
        metavar='FILE',
        help="the same method's dump on the validation split: val_best takes its threshold there",
    )
    parser.add_argument(
        '--json', metavar='OUT', help='write metrics and per-sample scores (shares in [0, 1])'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        predictions, metainfo = read_predictions(args.dump)
        report = evaluate_localization(predictions, metainfo, args.protocol, args.val_dump)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
    tags = {f'tags/{key}': value for key, value in evaluate_tags(predictions).items()}
    print(report.table)
    for key, value in tags.items():
        print(f'{key}: {value:.4g}')
    if args.json:
        record = {
            'dump': args.dump,
            'metainfo': metainfo,
            'protocols': args.protocol,
            'metrics': report.metrics | tags,
            'per_sample': report.per_sample,
        }
        with atomic_write(args.json) as file:
            json.dump(record, file, indent=1, allow_nan=False)


if __name__ == '__main__':
    main()
