"""``mmavl convert NAME``: converters of datasets, of mmavl and of other installed packages."""

import argparse
import re
import runpy
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from mmavl.engine.user_errors import clear_errors
from mmavl.errors import ConfigError
from mmavl.utils.shipped import shipped

#: The entry points by which a package adds converters: NAME = "its.module:main", a function that
#: takes the arguments after NAME, as a list of texts, and returns an exit code or None.
GROUP = 'mmavl.converters'


def converters() -> dict[str, Path | EntryPoint]:
    """All converters by name: those of mmavl are scripts, those of other packages functions.

    Raises:
        ConfigError: Two have the same name.
    """
    found: dict[str, Path | EntryPoint] = {
        path.stem: path for path in sorted((shipped('tools') / 'dataset_converters').glob('*.py'))
    }
    for entry in sorted(set(entry_points(group=GROUP)), key=lambda entry: entry.name):
        if entry.name in found:
            raise ConfigError(
                f'two converters are called {entry.name!r}, one of them is {entry.value}: rename '
                f'it in the entry points {GROUP!r} of its package'
            )
        found[entry.name] = entry
    return found


def converter_titles() -> dict[str, str]:
    """One line about each converter."""
    return {name: _title(converter) for name, converter in converters().items()}


def _title(converter: Path | EntryPoint) -> str:
    if isinstance(converter, EntryPoint):
        package = converter.dist.name if converter.dist else 'an unknown package'
        return f'{converter.value}, from {package}'
    text = re.match('"""(.*)', converter.read_text(encoding='utf-8'))
    return text[1] if text else ''


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments."""
    titles = converter_titles()
    width = max(map(len, titles))
    parser = argparse.ArgumentParser(
        'mmavl convert',
        description='Convert a dataset; `mmavl convert NAME --help` explains one converter.',
        epilog='\n'.join(['converters:', *(f'  {n:{width}}  {t}' for n, t in titles.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('name', choices=titles, metavar='NAME')
    parser.add_argument('arguments', nargs=argparse.REMAINDER, help="the converter's own")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run a converter, which ends the program with its exit code."""
    with clear_errors():
        args = parse_args(argv)
        converter = converters()[args.name]
        if isinstance(converter, EntryPoint):
            sys.exit(converter.load()(args.arguments))
        before = sys.argv
        sys.argv = [f'mmavl convert {args.name}', *args.arguments]
        try:
            runpy.run_path(str(converter), run_name='__main__')
        finally:
            sys.argv = before
