"""Bring the figures of configs/metafile.yml up to those of README.md's tables.

python tools/analysis/update_metafile.py
"""

import argparse
import copy
import re
from pathlib import Path

import yaml

from mmavl.engine.launch import clear_errors
from mmavl.errors import DataError
from mmavl.utils.files import atomic_write

ROOT = Path(__file__).resolve().parents[2]
#: Metrics in the order of the first table's columns.
METRICS = (
    'SFD own',
    'SFD silent',
    'pointing',
    'cIoU level 1',
    'cIoU level 2',
    'cIoU level 3',
    'AVC accuracy',
    'mAP audio',
    'mAP visual',
)
#: Metrics in the order of a cell of the second table.
LISTED = ('cIoU level 1', 'cIoU level 2', 'cIoU level 3', 'SFD own', 'SFD silent')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--readme', type=Path, default=ROOT / 'README.md')
    parser.add_argument('--metafile', type=Path, default=ROOT / 'configs/metafile.yml')
    return parser.parse_args()


def read_table(text: str, header: str) -> dict[str, list[str]]:
    """Rows of a Markdown table: first cell -> the others, without emphasis."""
    found = text.find(header)
    if found < 0:
        raise DataError(f'no table begins with {header!r}')
    rows = {}
    for line in text[found:].splitlines()[2:]:
        if not line.startswith('|'):
            break
        first, *cells = (cell.strip(' *') for cell in line.strip('|').split('|'))
        rows[first] = cells
    return rows


def figures(row: str, config: str, readme: str) -> tuple[dict[str, float], dict[str, float]]:
    """Means and standard deviations that the README gives of a row, for a config."""
    first = read_table(readme, '| | SFD own |')
    if row in first:
        cells = dict(zip(METRICS, (cell.split(' ± ') for cell in first[row])))
        cells = {k: v for k, v in cells.items() if re.fullmatch(r'[\d.]+', v[0])}
        means = {name: float(values[0]) for name, values in cells.items()}
        return means, {k: float(v[1]) for k, v in cells.items() if len(v) > 1}
    second = read_table(readme, '| | Multi-task |')
    if row not in second:
        raise DataError(f'README.md has no row {row!r}')
    cell = second[row][0 if Path(config).stem.startswith('stage1') else 1]
    return dict(zip(LISTED, map(float, re.findall(r'\d+\.\d', cell)))), {}


def update(metafile: dict, readme: str) -> dict:
    """The same metafile with the README's figures."""
    metafile = copy.deepcopy(metafile)
    for model in metafile['Models']:
        for result in model['Results']:
            means, deviations = figures(result['Row'], model['Config'], readme)
            result['Metrics'] = means
            result.pop('Standard deviations', None)
            if deviations:
                result['Standard deviations'] = deviations
    return metafile


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def main() -> None:
    args = parse_args()
    with clear_errors():
        text = args.metafile.read_text()
        comment = ''.join(re.findall(r'^#.*\n', text, re.MULTILINE))
        content = update(yaml.safe_load(text), args.readme.read_text())
        with atomic_write(args.metafile) as file:
            file.write(comment)
            yaml.dump(content, file, _Dumper, sort_keys=False, allow_unicode=True, width=95)


if __name__ == '__main__':
    main()
