"""Imports run one way: a package takes from those below it, never from those above."""

import ast
from pathlib import Path

import mmavl

CORE = Path(mmavl.__file__).parent
#: From below to above; packages of one line do not import each other.
LAYERS = [
    ['errors', '__version__', 'evaluation.functional'],
    ['utils', 'media'],
    ['registry'],
    ['structures'],
    ['models'],
    ['separators'],
    ['taggers', 'datasets', 'evaluation'],
    ['visualization'],
    ['scenes', 'reports'],
    ['preparation'],
    ['engine'],
    ['export'],
    ['apis', 'detection', 'experiments'],
    ['demo'],
    ['cli', 'collect_env'],
    ['__main__'],
]
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}


def package(module: str) -> str:
    """The layer's package of a module: 'media' of 'mmavl.media.audio'."""
    parts = module.split('.')[1:]
    return next(p for n in (2, 1) if (p := '.'.join(parts[:n])) in HEIGHT)


def imported(path: Path, module: str) -> set[str]:
    """Modules of mmavl that a file imports, inside functions, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = module.split('.')[: -node.level] if node.level else []
            base += node.module.split('.') if node.module else []
            # what is imported from mmavl itself is one of its modules
            found |= {'.'.join([*base, name.name]) for name in node.names}
    return {name for name in found if name.startswith('mmavl.')}


def test_no_package_imports_one_above_it_or_next_to_it():
    wrong, edges = [], set()
    for path in sorted(CORE.rglob('*.py')):
        place = path.relative_to(CORE)
        if place.parts[0] in ('.mim', '__init__.py'):
            continue
        module = '.'.join(['mmavl', *place.with_suffix('').parts])
        for name in imported(path, module):
            edge = package(module), package(name)
            edges.add(edge)
            if edge[0] != edge[1] and HEIGHT[edge[0]] <= HEIGHT[edge[1]]:
                wrong.append(f'{place} imports {name}')
    assert wrong == []
    assert ('datasets', 'media') in edges  # the search does find imports
    assert {target for source, target in edges if source == 'media'} == {'media', 'errors'}
    assert {target for source, target in edges if source == 'evaluation.functional'} == {
        'evaluation.functional'
    }


def test_no_package_has_more_than_a_fifth_of_the_lines():
    lines = {
        folder.name: sum(len(path.read_text().splitlines()) for path in folder.rglob('*.py'))
        for folder in CORE.iterdir()
        if folder.is_dir()
    }
    largest = max(lines, key=lines.get)
    assert lines[largest] < 0.2 * sum(lines.values()), f'{largest} has {lines[largest]} lines'
    assert {name for name, count in lines.items() if count} <= HEIGHT.keys() | {'.mim'}
