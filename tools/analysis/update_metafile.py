"""Bring the figures of configs/metafile.yml up to those of the tables in docs.

python tools/analysis/update_metafile.py
"""

import argparse
import copy
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from mmavl.engine.launch import clear_errors
from mmavl.errors import DataError
from mmavl.utils.files import atomic_write

ROOT = Path(__file__).resolve().parents[2]
#: The page whose tables hold the localizers' figures.
ZOO = 'docs/model_zoo.md'
#: Metrics in the order of the columns of its first table.
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
#: Metrics in the order of the columns of its tables of other conditions.
LISTED = ('cIoU level 1', 'cIoU level 2', 'cIoU level 3', 'SFD own', 'SFD silent')
#: Tables of other pages: how they begin, and the metrics by column; None is not a metric.
TABLES = {
    'docs/separation.md': ('| row | SDR |', ('SDR', 'SDR+', 'SIR', 'SAR', 'SI-SDR')),
    'docs/detection.md': ('| config | training |', (None, 'box mAP', 'box mAP50', 'box mAP75')),
}
#: A figure, with its standard deviation where there is one.
CELL = re.compile(r'(-?[\d.]+)(?: ± ([\d.]+))?$')


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


def numbers(names: Iterable[str | None], cells: list[str]) -> tuple[dict, dict]:
    """Means and standard deviations by name; cells without a number are left out."""
    values = {name: CELL.match(cell) for name, cell in zip(names, cells) if name is not None}
    means = {name: float(value[1]) for name, value in values.items() if value}
    return means, {name: float(v[2]) for name, v in values.items() if v and v[2]}


def figures(row: str, config: str, text: str) -> tuple[dict[str, float], dict[str, float]]:
    """Means and standard deviations that the model zoo's page gives of a row, for a config."""
    first = read_table(text, '| | SFD own |')
    if row in first:
        return numbers(METRICS, first[row])
    stage1 = Path(config).stem.startswith('stage1')
    rows = read_table(text, '| Multi-task | cIoU' if stage1 else '| coarse to fine | cIoU')
    rows = {name.removesuffix(' ‡'): cells for name, cells in rows.items()}
    if row not in rows:
        raise DataError(f'{ZOO} has no row {row!r}')
    return numbers(LISTED, rows[row])


def page_figures(row: str, page: str, text: str) -> tuple[dict[str, float], dict[str, float]]:
    """Means and standard deviations that a page of :data:`TABLES` gives of a row."""
    header, metrics = TABLES[page]
    rows = read_table(text, header)
    if row not in rows:
        raise DataError(f'{page} has no row {row!r}')
    return numbers(metrics, rows[row])


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
