"""Functions stay short enough to read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import mmavl

ROOT = Path(mmavl.__file__).parents[1]
MOST_LINES = 60


def functions(folder: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function, its docstring included."""
    for path in sorted(folder.rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f'{path.name}: {node.name}', node.end_lineno - node.lineno + 1


def test_no_function_has_more_than_60_lines():
    lengths = dict(
        item for name in ('mmavl', 'tools', 'projects') for item in functions(ROOT / name)
    )
    assert len(lengths) > 1000  # the search does find functions
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
