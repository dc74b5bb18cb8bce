"""``--cfg-options KEY=VALUE``: changing config values on the command line."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from mmengine import Config, DictAction
from mmengine.utils import import_modules_from_strings

from mmavl.errors import ConfigError
from mmavl.utils.options import add_dtype_option

_QUOTES = ('"', "'")


class ConfigOptions(DictAction):
    """The action of ``--cfg-options``; a malformed option ends the program with one line."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Add the values to those of previous ``--cfg-options``."""
        for text in values:
            key, equals, value = text.partition('=')
            problem = None
            if not equals:
                problem = 'is not KEY=VALUE'
            elif not all(step.strip() == step != '' for step in key.split('.')):
                problem = f'has an invalid key: {key!r} must have the form a.b.c'
            elif not value:
                problem = f"has no value; for an empty string, write {key}=''"
            else:
                try:
                    self._parse_iterable(value)
                except (ValueError, RecursionError) as error:
                    problem = f'has a value that cannot be read: {error}'
            if problem is not None:
                parser.exit(2, f'error: {self.option_strings[0]}: {text!r} {problem}\n')
        super().__call__(parser, namespace, values, option_string)

    @staticmethod
    def _parse_iterable(val: str) -> Any:
        """Parse a value like mmengine, but keep spaces, and keep quoted values as strings.

        Raises:
            ValueError: A bracket or quote is not closed.
        """
        val = val.strip()
        parts = _split(val)
        if len(parts) > 1:
            return [ConfigOptions._parse_iterable(part) for part in parts if part.strip()]
        if val[:1] in _QUOTES and val.find(val[0], 1) == len(val) - 1:
            return val[1:-1]
        if val[:1] + val[-1:] not in ('()', '[]'):
            return DictAction._parse_int_float_bool(val)
        parts = [part for part in _split(val[1:-1]) if part.strip()]
        values = [ConfigOptions._parse_iterable(part) for part in parts]
        return tuple(values) if val[0] == '(' else values


def _split(text: str) -> list[str]:
    """Split at commas that are neither in brackets nor in quotes."""
    parts, depth, quote, before = [''], 0, '', ','
    for char in text:
        if quote:
            quote = '' if char == quote else quote
        elif char in _QUOTES and before in ',([':  # otherwise an apostrophe
            quote = char
        elif char in '([':
            depth += 1
        elif char in ')]':
            depth -= 1
        elif char == ',' and depth == 0:
            parts.append('')
            before = char
            continue
        parts[-1] += char
        before = before if char.isspace() else char
    if quote or (depth and ',' in text):
        raise ValueError(f'a {"quote" if quote else "bracket"} is not closed')
    return parts


def apply_options(cfg: Config, options: dict[str, Any]) -> None:
    """Change values of a config.

    Args:
        cfg (Config): Changed in place.
        options (dict): Values by dotted key; list items are addressed by index.

    Raises:
        ConfigError: A key leads through a value that is neither a dict nor a list, or an index
            does not exist; or ``custom_imports`` cannot be imported.
    """
    for key, value in options.items():
        _check_way(cfg, key, value)
    try:
        cfg.merge_from_dict(options)
    except (AttributeError, KeyError, TypeError) as error:  # contradictory keys
        raise ConfigError(f'--cfg-options {" ".join(options)}: {error}') from error
    if any(key.split('.')[0] == 'custom_imports' for key in options):
        _import_modules(cfg)


def _check_way(cfg: Config, key: str, value: Any) -> None:
    steps = key.split('.')
    node: Any = cfg
    for number, step in enumerate(steps):
        place = '.'.join(steps[:number])
        if isinstance(node, list | tuple):
            if not step.isdecimal() or int(step) >= len(node):
                raise ConfigError(
                    f'--cfg-options {key}: {place} has {len(node)} entries (0 to '
                    f'{len(node) - 1}), not {step!r}'
                )
            node = node[int(step)]
            if number == len(steps) - 1 and not isinstance(value, dict):
                raise ConfigError(
                    f'--cfg-options {key}: a list item cannot be replaced on its own; give the '
                    f'whole list, {place}=[...], or a key of the item, {key}.KEY=...'
                )
        elif isinstance(node, dict | Config):
            if step not in node:
                return  # a new key: checked when the config is built
            node = node[step]
        else:
            raise ConfigError(f'--cfg-options {key}: {place} is {node!r} and has no keys')


def _import_modules(cfg: Config) -> None:
    try:
        import_modules_from_strings(**cfg.custom_imports)
    except (ImportError, TypeError) as error:
        raise ConfigError(
            f'--cfg-options custom_imports: {error}; use custom_imports.imports=[MODULE], and '
            'make the module importable (PYTHONPATH)'
        ) from error


def add_run_options(parser: ArgumentParser, example: str) -> None:
    """Add the arguments shared by training and testing.

    Args:
        parser (ArgumentParser): The tool's parser.
        example (str): Example of a value to change, for the help.
    """
    add_dtype_option(parser, None)
    parser.add_argument('--seed', type=int, help="random seed (default: the config's)")
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help=f'config values to change, e.g. {example}',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
