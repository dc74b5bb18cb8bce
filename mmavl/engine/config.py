"""Reading configs, and saying plainly what is wrong with one."""

import difflib
import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from mmengine import Config
from mmengine.registry import OPTIMIZERS, PARAM_SCHEDULERS, Registry
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmavl.engine.cfg_options import apply_options
from mmavl.engine.config_values import check_values
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.components import component_name

#: Keys of a config that mmengine reads beside the arguments of its Runner.
_RUNNER_KEYS = {
    *inspect.signature(Runner).parameters,
    'model_wrapper_cfg', 'custom_imports', 'compile', 'sync_bn', 'find_unused_parameters',
    'activation_checkpointing', 'efficient_conv_bn_eval',
}  # fmt: skip
#: Keys of a data loader: DataLoader's own, and what mmengine reads.
_LOADER_KEYS = {
    *inspect.signature(DataLoader).parameters,
    'num_batch_per_epoch', 'disable_subprocess_warning',
}  # fmt: skip
#: The functions, all of mmengine, in which something is made of a config.
_BUILDERS = ('from_cfg', 'build_from_cfg', 'build_dataloader')


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config and apply ``--cfg-options``.

    Args:
        path (str | Path): The config file.
        options (dict, optional): Values by dotted key.

    Raises:
        FileNotFoundError: The file, or one in its ``_base_``, does not exist.
        ConfigError: It cannot be parsed or imported, has a misspelt key at its top level, or an
            option does not fit it.
    """
    path = Path(path)
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob('*.py')]
        raise FileNotFoundError(f'config not found: {path}{_did_you_mean(path.name, siblings)}')
    try:
        cfg = Config.fromfile(str(path))
    except (OSError, RecursionError):
        raise
    except ImportError as error:
        raise ConfigError(f'{path}: {_explain_import(str(error)) or error}') from error
    except Exception as error:
        # mmengine evaluates the file: whatever its Python raises ends up here
        raise ConfigError(f'{path}: {type(error).__name__}: {error}') from error
    for key in options or {}:
        name = key.split('.')[0]
        if name not in cfg and name not in _RUNNER_KEYS:
            hint = _did_you_mean(name, {*cfg, *_RUNNER_KEYS})
            raise ConfigError(f'{path}: --cfg-options {key}: no such key{hint}')
    try:
        apply_options(cfg, options or {})
    except ConfigError as error:
        raise ConfigError(f'{path}: {error}') from error
    for name in cfg:
        # any other name is a variable of the config's own
        close = difflib.get_close_matches(name, _RUNNER_KEYS, n=1, cutoff=0.9)
        if name not in _RUNNER_KEYS and close:
            raise ConfigError(
                f'{path}: nothing reads the key {name!r}; did you mean {close[0]!r}?'
            )
    return cfg


@contextmanager
def config_errors(cfg: Config) -> Iterator[None]:
    """Turn what goes wrong because of a config into one error that names the config and the place.

    Args:
        cfg (Config): The config that is built and run inside the block.

    Raises:
        ConfigError: A misspelt component, a key that a component does not take or lacks, a value
            of another type than its hint or that it refuses when it is built, or a
            ``ConfigError`` of its own.
    """
    try:
        check_values(cfg)
        yield
    except (CheckpointError, DataError):
        raise
    except (AssertionError, ImportError, KeyError, TypeError, ValueError) as error:
        message = str(error) if isinstance(error, ConfigError) else _explain(error, cfg)
        if message is None:
            raise
        name = f'{cfg.filename}: ' if cfg.filename else ''
        raise ConfigError(f'{name}{message}') from error


def _explain(error: Exception, cfg: Config) -> str | None:
    """Describe an error by the config entry that caused it; None where it was none."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    builders = [f for f in frames if f.f_code.co_name in _BUILDERS]
    builder = builders[-1].f_code.co_name if builders else ''
    values = builders[-1].f_locals if builders else {}
    if isinstance(error, ImportError):
        return _explain_import(str(error))
    if isinstance(error, ValueError | AssertionError):
        return _explain_value(str(error), builder, values, cfg)
    if builder == 'from_cfg' and isinstance(error, KeyError) and error.args[0] in _RUNNER_KEYS:
        return f'it has no {error.args[0]!r}{_meant_by(error.args[0], {*cfg} - _RUNNER_KEYS)}'
    if frames[-1].f_code.co_name == 'build_from_cfg':
        if not isinstance(values['cfg'], dict | Config):
            return str(error)
        if isinstance(error, TypeError):
            return _explain_arguments(values['obj_cls'], values['obj_type'], values['args'], cfg)
        if 'obj_type' not in values:
            return _explain_missing_type(values['cfg'], cfg)
        return _explain_type(values['obj_type'], values['registry'], cfg)
    optimizer = cfg.get('optim_wrapper', {}).get('optimizer', {}).get('type')
    if isinstance(optimizer, str) and OPTIMIZERS.get(optimizer) is None:
        return _explain_type(optimizer, OPTIMIZERS, cfg)
    if frames[-1].f_code.co_name == 'build_scheduler_from_cfg' and isinstance(error, KeyError):
        return _explain_type(frames[-1].f_locals['scheduler_type'], PARAM_SCHEDULERS, cfg)
    loaders = [f.f_locals['dataloader'] for f in builders if 'dataloader' in f.f_locals]
    unknown = [key for key in (loaders or [()])[-1] if key not in _LOADER_KEYS]
    if unknown:
        hint = _did_you_mean(unknown[0], _LOADER_KEYS)
        return f'{_place(cfg, None, unknown)}DataLoader takes no {unknown[0]!r}{hint}'
    return _explain_message(str(error), frames[-1], builder, values, cfg)


def _explain_value(message: str, builder: str, values: dict, cfg: Config) -> str | None:
    """Give the place of a value that was refused by what was built from it."""
    if not builder or not message:
        return None
    if builder == 'build_from_cfg':
        given = values['cfg']
        return f'{_place(cfg, given.get("type"), given=given)}{message}'
    loader = values.get('dataloader', {})
    given = {key: value for key, value in loader.items() if key != 'worker_init_fn'}
    return f'{_place(cfg, None, given=given or None)}{message}'


def _explain_message(
    message: str, frame: FrameType, builder: str, values: dict, cfg: Config
) -> str | None:
    """Describe a TypeError of a function that got its arguments from the config."""
    missing = re.search(r"(\w+)\.__init__\(\) missing .*'(\w+)'", message)
    built = values.get('obj_cls')
    if missing and built and missing[1] in {c.__name__ for c in inspect.getmro(built)}:
        place = _place(cfg, values['obj_type'], given=values['cfg'])
        return f'{place}{built.__name__} needs {missing[2]!r}'
    unexpected = re.search(r"(\w+)\.(\w+)\(\).*unexpected keyword argument '(\w+)'", message)
    if unexpected is None:
        return None
    owner, method, key = unexpected.groups()
    if method != '__init__' and builder != 'from_cfg':
        return None
    component = frame.f_globals.get(owner)
    called = component if method == '__init__' else getattr(component, method, None)
    known = inspect.signature(called).parameters if callable(called) else ()
    name = owner if method == '__init__' else method
    if method == '__init__' and built and owner in {c.__name__ for c in inspect.getmro(built)}:
        known, name = _arguments(built), built.__name__  # handed on to a base
    place = _place(cfg, None, [key])
    return f'{place}{name} takes no {key!r}{_did_you_mean(key, known)}' if place else None


def _arguments(component: type) -> set[str]:
    """What a class takes, and its bases where it hands arguments on."""
    names: set[str] = set()
    for base in inspect.getmro(component):
        parameters = inspect.signature(base.__init__).parameters.values()
        names |= {
            p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        }
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return names - {'self'}


def _explain_type(kind: str, registry: Registry, cfg: Config) -> str:
    known: set[str] = set()
    node: Registry | None = registry
    while node is not None:
        known |= set(node.module_dict)
        node = node.parent
    return f'{_place(cfg, kind)}no {registry.name} is called {kind!r}{_did_you_mean(kind, known)}'


def _explain_import(message: str) -> str | None:
    """Describe a name of a pure-Python config that its module does not have."""
    failed = re.match(r'Failed to import (\w+) from (\S+) in ', message)
    if failed is None:
        return None
    return message + _did_you_mean(failed[1], vars(import_module(failed[2])))


def _explain_missing_type(given: dict[str, Any], cfg: Config) -> str:
    """An entry that is built has no type: one forgotten, or the entry's own name misspelt."""
    hint = _meant_by('type', given)
    place = _place(cfg, None, given=given)
    path = place.removesuffix(': ').split('.')
    siblings = cfg.to_dict()
    for key in path[:-1]:
        siblings = siblings[int(key)] if isinstance(siblings, list | tuple) else siblings[key]
    if not hint and isinstance(siblings, dict):
        hint = _did_you_mean(path[-1], siblings.keys() - {path[-1]})
    return f"{place}has no 'type'{hint}"


def _explain_arguments(
    component: Callable, kind: str | Callable, given: dict[str, Any], cfg: Config
) -> str | None:
    parameters = inspect.signature(component).parameters
    name = component.__name__
    unknown = [key for key in given if key not in parameters]
    required = [k for k, p in parameters.items() if p.default is p.empty and p.kind not in (2, 4)]
    missing = [key for key in required if key not in given]
    if unknown:
        hint = _did_you_mean(unknown[0], parameters)
        place = _place(cfg, kind, unknown)
        return f'{place}{name} takes no {unknown[0]!r}{hint}; it takes {", ".join(parameters)}'
    if missing:
        return f'{_place(cfg, kind)}{name} needs {", ".join(map(repr, missing))}'
    return None


def _place(
    cfg: Config, kind: Any, keys: Iterable[str] = (), given: dict[str, Any] | None = None
) -> str:
    """Where in a config an entry stands, with a colon after it; '' where it is not found.

    Args:
        cfg (Config): The config.
        kind (Any): The entry's type. None for any; entries without one fit, too.
        keys (Iterable[str]): What the entry must have.
        given (dict, optional): The entry itself, if it was built as it stands there.
    """
    names = {component_name(kind), ''}

    def fits(node: dict[str, Any]) -> bool:
        known = kind is None or component_name(node.get('type')) in names
        return known and set(keys) <= set(node)

    def is_entry(node: dict[str, Any]) -> bool:
        return given is not None and node == given

    exact, similar = list(_find(cfg, is_entry)), []
    if not exact and (kind or keys):
        similar = list(_find(cfg, fits if keys else lambda node: fits(node) and 'type' in node))
    return f'{(exact or similar)[0]}: ' if exact or similar else ''


def _find(node: Any, matches: Callable[[dict], bool], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted path of each dict in a config that matches."""
    if isinstance(node, Config):  # its other names are variables of the file
        node = {key: value for key, value in node.to_dict().items() if key in _RUNNER_KEYS}
    if isinstance(node, dict):
        if path and matches(node):
            yield '.'.join(path)
        for key, value in node.items():
            yield from _find(value, matches, (*path, str(key)))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _find(value, matches, (*path, str(index)))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f'; did you mean {close[0]!r}?' if close else ''


def _meant_by(name: str, given: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, given, n=1, cutoff=0.5)
    return f'; is it meant by {close[0]!r}?' if close else ''
