"""The blocks of code in the documentation."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / 'README.md',
    *sorted((ROOT / 'docs').rglob('*.md')),
    *sorted((ROOT / 'projects').rglob('*.md')),
    *sorted((ROOT / 'configs').rglob('*.md')),
]  # CONTRIBUTING.md's blocks run in test_contributing.py
FENCE = re.compile(
    r'(?:<!-- (?P<mark>[^>]*?) ?-->\n)?'
    r'^(?P<indent> *)```(?P<language>[a-z]+)\n(?P<text>.*?)^(?P=indent)```$',
    re.DOTALL | re.MULTILINE,
)


class Block(NamedTuple):
    """A block, its page, and the comment in front of it.

    ``not run: WHY`` is left out; ``with the shell: WHY`` is Python that test_reader.py runs
    between the shell blocks of its page.
    """

    page: str
    line: int
    mark: str
    language: str
    text: str


def blocks_of(path: Path) -> Iterator[Block]:
    """The blocks of a page."""
    text = path.read_text()
    for found in FENCE.finditer(text):
        line = text.count('\n', 0, found.start('language')) + 1
        name = str(path.relative_to(ROOT))
        yield Block(name, line, found['mark'] or '', found['language'], found['text'])


BLOCKS = [block for path in PAGES for block in blocks_of(path)]
SHELL = [block for block in BLOCKS if block.language in ('bash', 'sh')]


def load(name: str, path: Path) -> ModuleType:
    """Import a file that belongs to no package, e.g. another folder's helper."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name_of(block: Block) -> str:
    """E.g. 'README.md:12'."""
    return f'{block.page}:{block.line}'
