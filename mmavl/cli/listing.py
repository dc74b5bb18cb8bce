"""``mmavl list``: available configs, weights, protocols and datasets."""

import argparse
import json
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from mmavl.utils.shipped import config_names, shipped

if TYPE_CHECKING:  # slow to import
    from mmavl.evaluation.protocols import Protocol

#: A docstring, or the lines of a comment.
_TOP = re.compile(r'"""(?P<text>.*?)"""|(?:#[^\n]*\n?)+', re.DOTALL)
#: A text until its first full stop; those of abbreviations are not.
_SENTENCE = re.compile(r'.*?(?<! e\.g)(?<! i\.e)(?<! al)(?<!\bEq)(?<!\bFig)\.(?= [A-Z0-9]|$)|.*')
KINDS = ('models', 'weights', 'protocols', 'datasets', 'converters')


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        'kind',
        choices=KINDS,
        help='configs of models, trained weights included in mmavl, protocols, datasets or '
        'converters of datasets',
    )
    parser.add_argument(
        'pattern', nargs='?', default='*', help="part of a name, or a pattern, e.g. 'stage2_*'"
    )
    parser.add_argument('--json', action='store_true', help='print a JSON object')


def run_list(args: argparse.Namespace) -> int:
    """Print names with one line each; returns 1 if nothing matches."""
    pattern = args.pattern if set('*?[') & set(args.pattern) else f'*{args.pattern}*'
    matches = {k: v for k, v in entries(args.kind).items() if _matches(k, pattern)}
    if args.json:
        print(json.dumps(matches, indent=1))
    elif matches:
        width = max(map(len, matches))
        print('\n'.join(f'{name:{width}}  {title}' for name, title in matches.items()))
    if not matches:
        print(f'error: none of the {args.kind} matches {args.pattern!r}', file=sys.stderr)
    return int(not matches)


def _matches(name: str, pattern: str) -> bool:
    """Whether a pattern matches a name, or its last part after the folder."""
    return any(fnmatchcase(part, pattern) for part in (name, name.rpartition('/')[2]))


def entries(kind: str) -> dict[str, str]:
    """Names of one of :data:`KINDS`, each with one line about it."""
    if kind == 'protocols':
        from mmavl.evaluation.protocols import PROTOCOLS

        return {name: _describe(protocol) for name, protocol in PROTOCOLS.items()}
    if kind == 'weights':
        from mmavl.apis.model_names import weights_title, wheel_weights

        return {name: weights_title(path) for name, path in wheel_weights().items()}
    if kind == 'converters':
        from .convert import converter_titles

        return converter_titles()
    if kind == 'datasets':
        return {p.stem: title(p) for p in sorted((shipped() / '_base_/datasets').glob('*.py'))}
    return {name: title(path) for name, path in config_names().items()}


def _describe(protocol: 'Protocol') -> str:
    if protocol.binarisation in ('threshold', 'at_least'):
        chosen = 'a threshold chosen on val' if protocol.threshold is None else protocol.threshold
        rule = f'{"above" if protocol.binarisation == "threshold" else "at least"} {chosen}'
    else:
        rule = f'by {protocol.binarisation}'
    grid = f'{protocol.size} x {protocol.size}'
    grid += '' if protocol.upsampling == 'bilinear' else f', {protocol.upsampling}'
    bound = '; an upper bound: the mask follows the reference' if protocol.oracle else ''
    return f'{grid}, {protocol.normalisation}, {rule}{bound}'


def title(path: Path) -> str:
    """The first sentence of the comment or docstring at the top of a file."""
    text = path.read_text(encoding='utf-8')
    top = _TOP.match(text)
    if top is None:
        return ''
    words = ' '.join(line.strip('# ') for line in (top['text'] or top[0]).splitlines())
    sentence = _SENTENCE.match(' '.join(words.split()))
    return sentence[0] if sentence else ''
