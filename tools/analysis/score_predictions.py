"""Score a prediction dump under any protocols, without the model; equal to a live run.

python tools/analysis/score_predictions.py predictions.npz --protocol half_max median
python tools/analysis/score_predictions.py test.npz --protocol val_best --val-dump val.npz
python tools/analysis/score_predictions.py test.npz --references test_detected.json
"""

import argparse
import json
import sys

from mmavl.datasets import AVDataset
from mmavl.errors import DataError
from mmavl.evaluation import (
    PROTOCOLS,
    Prediction,
    evaluate_localization,
    evaluate_tags,
    read_predictions,
    with_references,
)
from mmavl.evaluation.protocols import OPTIONS
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
        help=f'{", ".join(PROTOCOLS)}; each may be followed by /{", /".join(OPTIONS)}; '
        'default: half_max',
    )
    parser.add_argument(
        '--val-dump',
        metavar='FILE',
        help="the same method's dump on the validation split: used to choose val_best's threshold",
    )
    parser.add_argument(
        '--references',
        metavar='MANIFEST',
        help="score against this manifest's boxes, e.g. those of tools/detect_boxes.py, "
        'instead of the references in the dump',
    )
    parser.add_argument(
        '--json', metavar='OUT', help='write metrics and per-sample scores (shares in [0, 1])'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        predictions, metainfo = read_predictions(args.dump)
        if args.references:
            predictions = refer_to(args.references, predictions, metainfo)
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
            'references': args.references,
            'metainfo': metainfo,
            'protocols': args.protocol,
            'metrics': report.metrics | tags,
            'per_sample': report.per_sample,
        }
        with atomic_write(args.json) as file:
            json.dump(record, file, indent=1, allow_nan=False)


def refer_to(manifest: str, predictions: list[Prediction], metainfo: dict) -> list[Prediction]:
    """Replace the references of predictions with those of a manifest."""
    level = metainfo.get('tag_level', 'class')
    dataset = AVDataset(manifest, tag_level=level, frame='annotated', test_mode=True)
    if list(dataset.metainfo['classes']) != list(metainfo['classes']):
        raise DataError(
            f'{manifest} has other classes ({", ".join(dataset.metainfo["classes"])}) than the '
            f'dump ({", ".join(metainfo["classes"])})'
        )
    samples = (dataset.get_data_info(index) for index in range(len(dataset)))
    return with_references(predictions, samples, manifest)


if __name__ == '__main__':
    main()
