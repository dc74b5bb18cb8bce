"""Reading configs, with clear error messages."""

import difflib
import os.path
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from mmengine import Config

from mmavl.engine.build_errors import explain_build, noted_builds
from mmavl.engine.cfg_options import apply_options
from mmavl.engine.config_check import RUNNER_KEYS, check_config, nearest, sections_of
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.failures import first_line
from mmavl.utils.shipped import missing_config


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config and apply ``--cfg-options``.

    Args:
        path (str | Path): The config file.
        options (dict, optional): Values by dotted key.

    Raises:
        FileNotFoundError: The file, or one in its ``_base_``, does not exist.
        ConfigError: It cannot be parsed or imported, has a misspelt top-level key, or an
            option does not fit it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(missing_config(path))
    try:
        cfg = Config.fromfile(str(path))
    except FileNotFoundError as error:
        raise FileNotFoundError(f'{path}: {_missing_base(error)}') from error
    except (OSError, RecursionError):
        raise
    except ImportError as error:
        raise ConfigError(f'{path}: {_explain_import(error) or error}') from error
    except Exception as error:
        # mmengine evaluates the file: any Python error may occur
        raise ConfigError(f'{path}: {type(error).__name__}: {error}') from error
    for key in options or {}:
        name = key.split('.')[0]
        if name not in cfg and name not in RUNNER_KEYS:
            hint = nearest(name, {*cfg, *RUNNER_KEYS})
            raise ConfigError(f'{path}: --cfg-options {key}: no such key{hint}')
    try:
        apply_options(cfg, options or {})
    except ConfigError as error:
        raise ConfigError(f'{path}: {error}') from error
    for name in cfg:
        # any other name is a variable of the config
        close = difflib.get_close_matches(name, RUNNER_KEYS, n=1, cutoff=0.9)
        if name not in RUNNER_KEYS and close:
            raise ConfigError(f'{path}: unknown key {name!r}; did you mean {close[0]!r}?')
    return cfg


@contextmanager
def config_errors(cfg: Config, *sections: str) -> Iterator[None]:
    """Turn errors caused by a config into one error that names the config and the place.

    Args:
        cfg (Config): The config that is built and run inside the block; it is checked first.
        *sections (str): Top-level keys that are built. Defaults to those of a run.

    Raises:
        ConfigError: All problems found by :func:`check_config` at once; a value that a component
            rejects when it is built; or a ``ConfigError`` raised inside the block.
    """
    try:
        check_config(cfg, sections)
        with noted_builds():
            yield
    except (CheckpointError, DataError):
        raise
    except (AssertionError, ImportError, KeyError, TypeError, ValueError) as error:
        message = str(error) if isinstance(error, ConfigError) else _explain(error, cfg, sections)
        if message is None:
            raise
        name = f'{cfg.filename}: ' if cfg.filename else ''
        raise ConfigError(f'{name}{message}') from error


def _explain(error: Exception, cfg: Config, sections: tuple[str, ...]) -> str | None:
    """Explain an error by the config entry that caused it; None if no entry did."""
    if isinstance(error, ImportError):
        return _explain_import(error)
    return explain_build(error, sections_of(cfg, sections))


def _missing_base(error: FileNotFoundError) -> str:
    """Describe a file in ``_base_`` that does not exist; a config may also open others."""
    name = str(error.filename or '')
    return (
        f'_base_: {missing_config(os.path.normpath(name))}' if name.endswith('.py') else str(error)
    )


def _explain_import(error: ImportError) -> str | None:
    """Explain a name that a pure-Python config cannot import, or a failed custom import."""
    failed = re.match(r'Failed to import (\w+) from (\S+) in ', str(error))
    if failed:
        return str(error) + nearest(failed[1], vars(import_module(failed[2])))
    if not str(error).startswith('Failed to import custom modules'):
        return None
    cause: BaseException = error  # mmengine's message lists sys.path, line by line
    while (earlier := cause.__cause__ or cause.__context__) is not None:
        cause = earlier
    return (
        f'custom_imports: {first_line(cause)}: install its package (pip install -e FOLDER), '
        'or name its folder in PYTHONPATH'
    )
