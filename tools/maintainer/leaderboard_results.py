"""Make results of a leaderboard: ``leaderboard_results.py leaderboard.json --command '...'``.

Each row becomes ``results/leaderboard_<method>.json``, and ``..._by_class.json`` where the method
has maps per class. ``write_results.py`` then makes the docs' tables.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmavl.engine.user_errors import clear_errors
from mmavl.experiments.leaderboard import TABLES
from mmavl.reports.results import Result, machine_of, write_result

ROOT = Path(__file__).resolve().parents[2]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('leaderboard', type=Path, help='leaderboard.json')
    parser.add_argument('--command', required=True, help='what wrote it')
    parser.add_argument('--out', type=Path, default=ROOT / 'results')
    return parser.parse_args()


def results_of(record: Mapping[str, Any], command: str) -> Iterator[Result]:
    """A result for each row of each table."""
    for (title, protocol), suffix in zip(TABLES.items(), ('', '_by_class')):
        for name, row in record['tables'].get(title, {}).items():
            runs = record['trials'].get(name, [])
            yield Result(
                name=f'leaderboard_{name.replace(" ", "_")}{suffix}',
                title=name,
                task='leaderboard',
                config=f'{name}_{record["settings"]["data"]}' if runs else None,
                options=None,
                dataset=record['settings']['data'],
                split='test',
                protocol=protocol,
                means={k: round(v, 6) for k, v in row['means'].items()},
                spreads={k: round(v, 6) for k, v in row['spreads'].items()},
                seeds=list(range(len(runs))) or None,
                command=command,
                commit=runs[0]['commit'] if runs else None,
                machine=machine_of(runs[0]) if runs else None,
                date=runs[-1]['date'][:10] if runs else None,
            )


def main() -> None:
    args = parse_args()
    with clear_errors():
        record = json.loads(args.leaderboard.read_text(encoding='utf-8'))
        for result in results_of(record, args.command):
            print(write_result(result, args.out))


if __name__ == '__main__':
    main()
