"""Bring the figures of configs/metafile.yml up to those of the tables in README.md and docs.

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
#: Tables of other pages: how they begin, and the metrics by column; None is not a metric.
TABLES = {
    'docs/separation.md': ('| row | SDR |', ('SDR', 'SDR+', 'SIR', 'SAR', 'SI-SDR')),
    'docs/detection.md': ('| config | training |', (None, 'box mAP', 'box mAP50', 'box mAP75')),
}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--root', type=Path, default=ROOT, help='where the pages lie')
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


def page_figures(row: str, page: str, text: str) -> tuple[dict[str, float], dict[str, float]]:
    """Means and standard deviations that a page of :data:`TABLES` gives of a row."""
    header, metrics = TABLES[page]
    rows = read_table(text, header)
    if row not in rows:
        raise DataError(f'{page} has no row {row!r}')
    cells = {name: cell.split(' ± ') for name, cell in zip(metrics, rows[row]) if name is not None}
    means = {name: float(values[0]) for name, values in cells.items()}
    return means, {name: float(values[1]) for name, values in cells.items() if len(values) > 1}


def update(metafile: dict, root: Path) -> dict:
    """The same metafile with the figures of the pages that its collections name."""
    metafile = copy.deepcopy(metafile)
    pages = {entry['Name']: entry['README'] for entry in metafile['Collections']}
    for model in metafile['Models']:
        page = pages[model['In Collection']]
        text = (root / page).read_text()
        for result in model['Results']:
            if page in TABLES:
                means, deviations = page_figures(result['Row'], page, text)
            else:
                means, deviations = figures(result['Row'], model['Config'], text)
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
        content = update(yaml.safe_load(text), args.root)
        with atomic_write(args.metafile) as file:
            file.write(comment)
            yaml.dump(content, file, _Dumper, sort_keys=False, allow_unicode=True, width=95)


if __name__ == '__main__':
    main()
