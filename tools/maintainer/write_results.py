"""Write the tables of README and docs, and the figures of the metafile, from ``results``.

python tools/maintainer/write_results.py           # after a new result
python tools/maintainer/write_results.py --check   # names the files that differ

A page holds a table of ``results/tables.yml`` between ``<!-- results: NAME -->`` and
``<!-- end of results -->``. A model of the metafile gets all results of its config. New results
come from runs: ``python tools/analysis/aggregate_seeds.py WORK_DIR... --out results/NAME.json``.
"""

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
from mmavl.evaluation.titles import title_of
from mmavl.reports.results import Result, read_results, table_of
from mmavl.utils.files import atomic_write

ROOT = Path(__file__).resolve().parents[2]
METAFILE = 'configs/metafile.yml'
TASKS = {
    'localization': 'Sound localization',
    'separation': 'Sound separation',
    'detection': 'Object detection',
}
_TABLE = re.compile(r'(<!-- results: (\S+) -->\n).*?(\n<!-- end of results -->)', re.DOTALL)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--root', type=Path, default=ROOT, help='where README and docs lie')
    parser.add_argument('--check', action='store_true', help='write nothing')
    return parser.parse_args()


def written(root: Path) -> Iterator[tuple[Path, str]]:
    """Each page with tables, and the metafile, as they should be.

    Raises:
        DataError: A page names a table, or a table a result, that there is not.
    """
    results = read_results(root / 'results')
    tables = yaml.safe_load((root / 'results/tables.yml').read_text(encoding='utf-8'))
    for path in [root / 'README.md', *sorted((root / 'docs').rglob('*.md'))]:
        text = path.read_text(encoding='utf-8')
        if _TABLE.search(text):
            yield path, with_tables(text, tables, results)
    path = root / METAFILE
    yield path, with_results(path.read_text(encoding='utf-8'), results)


def with_tables(text: str, tables: Mapping[str, Any], results: Mapping[str, Result]) -> str:
    """A page with its tables as the results have them."""

    def table(match: re.Match) -> str:
        begin, name, end = match.groups()
        if name not in tables:
            raise DataError(f'results/tables.yml has no table {name!r}')
        return begin + table_of(tables[name], results).to_markdown() + end

    return _TABLE.sub(table, text)


def with_results(text: str, results: Mapping[str, Result]) -> str:
    """The metafile with the results of its models, all that is in ``results``."""
    comment = ''.join(re.findall(r'^#.*\n', text, re.MULTILINE))
    content = yaml.safe_load(text)
    for model in content['Models']:
        name = Path(model['Config']).stem
        own = [r for r in results.values() if r.config == name and r.task in TASKS]
        model['Results'] = [entry(result) for result in own]
    return comment + yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=95
    )


def entry(result: Result) -> dict[str, Any]:
    """A result as OpenMMLab's metafiles have it; percent, of separation decibels."""
    facts = {
        'Task': TASKS[result.task],
        'Dataset': result.dataset,
        'Split': result.split,
        'Protocol': result.protocol,
        'Result': result.name,
        'Seeds': result.seeds,
        'Options': result.options,
        'Metrics': figures(result, result.means),
        'Standard deviations': figures(result, result.spreads),
    }
    return {key: value for key, value in facts.items() if value not in (None, {})}


def figures(result: Result, values: Mapping[str, float]) -> dict[str, float]:
    """Figures by title, as tables print them."""
    scale = 1 if result.task == 'separation' else 100
    return {title(key): round(scale * value, 2) for key, value in values.items() if title(key)}


def title(metric: str) -> str | None:
    """A metric's title; None for what is not a score."""
    try:
        return title_of(metric)
    except KeyError:
        return None


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def main() -> None:
    args = parse_args()
    with clear_errors():
        different = [
            (path, text)
            for path, text in written(args.root)
            if path.read_text(encoding='utf-8') != text
        ]
        for path, text in different:
            print(path.relative_to(args.root))
            if not args.check:
                with atomic_write(path) as file:
                    file.write(text)
    if different and args.check:
        raise SystemExit('error: run python tools/maintainer/write_results.py')


if __name__ == '__main__':
    main()
