"""Measure the agreement of pseudo-labels with true tags, by modality and tag level.

python tools/analysis/pseudo_agreement.py data/instrument_scenes/pseudo/val.json \\
    data/instrument_scenes/val.json
"""

import argparse
import json

from mmavl.engine.user_errors import clear_errors
from mmavl.evaluation.result_table import Column, ResultTable, Row
from mmavl.preparation.pseudo_labels import agreement
from mmavl.utils.files import atomic_write

_COLUMNS = {
    'accuracy': 'accuracy',
    'accuracy_none': '(no tags)',
    'precision': 'precision',
    'recall': 'recall',
    'exact': 'all correct',
    'best': 'best correct',
    'map': 'mAP',
    'map_chance': '(chance)',
}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('pseudo', help='manifest with pseudo-labels')
    parser.add_argument('true', help='manifest of the same clips with true tags and boxes')
    parser.add_argument('--json', metavar='OUT', help='write the figures (shares in [0, 1])')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with clear_errors():
        results = agreement(args.pseudo, args.true)
    columns = [Column(key, title, percent=True) for key, title in _COLUMNS.items()]
    rows = [Row(name, metrics) for name, metrics in results.items()]
    print(ResultTable(columns, rows, head='percent').to_markdown())
    if args.json:
        with atomic_write(args.json) as file:
            json.dump(results, file, indent=1)


if __name__ == '__main__':
    main()
