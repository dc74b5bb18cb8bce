"""Reading configs, and saying plainly what is wrong with one."""

import difflib
import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from mmengine import Config
from mmengine.registry import OPTIMIZERS, Registry
from mmengine.runner import Runner

from mmavl.errors import ConfigError

#: Keys of a config that mmengine reads beside the arguments of its Runner.
_RUNNER_KEYS = {
    *inspect.signature(Runner).parameters,
    'model_wrapper_cfg', 'custom_imports', 'compile', 'sync_bn', 'find_unused_parameters',
    'activation_checkpointing', 'efficient_conv_bn_eval',
}  # fmt: skip


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config and apply ``--cfg-options``.

    Args:
        path (str | Path): The config file.
        options (dict, optional): Values by dotted key.

    Raises:
        FileNotFoundError: The file, or one in its ``_base_``, does not exist.
        ConfigError: It cannot be parsed, or has a misspelt key at its top level.
    """
    path = Path(path)
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob('*.py')]
        raise FileNotFoundError(f'config not found: {path}{_did_you_mean(path.name, siblings)}')
    try:
        cfg = Config.fromfile(str(path))
    except (OSError, ImportError, RecursionError):
        raise
    except Exception as error:
        # mmengine evaluates the file: whatever its Python raises ends up here
        raise ConfigError(f'{path}: {type(error).__name__}: {error}') from error
    for key in options or {}:
        name = key.split('.')[0]
        if name not in cfg and name not in _RUNNER_KEYS:
            known = {*cfg, *_RUNNER_KEYS}
            raise ConfigError(f'--cfg-options {key}: no such key{_did_you_mean(name, known)}')
    if options:
        cfg.merge_from_dict(options)
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
    """Turn the errors that mmengine raises on a wrong config into one that shows the place.

    Args:
        cfg (Config): The config that is built inside the block.

    Raises:
        ConfigError: A misspelt component, or a key that a component does not take or lacks.
    """
    try:
        yield
    except (KeyError, TypeError) as error:
        message = _explain(error, cfg)
        if message is None:
            raise
        raise ConfigError(message) from error


def _explain(error: Exception, cfg: Config) -> str | None:
    """Describe an error by the config entry that caused it; None where it was none."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    built = [frame.f_locals for frame in frames if frame.f_code.co_name == 'build_from_cfg']
    if frames[-1].f_code.co_name == 'build_from_cfg':
        kind, registry = built[-1].get('obj_type'), built[-1]['registry']
        if isinstance(error, KeyError):
            return _explain_type(kind, registry, cfg, str(error.args[0]))
        return _explain_arguments(built[-1]['obj_cls'], kind, built[-1]['args'], cfg)
    optimizer = cfg.get('optim_wrapper', {}).get('optimizer', {}).get('type')
    if isinstance(optimizer, str) and OPTIMIZERS.get(optimizer) is None:
        return _explain_type(optimizer, OPTIMIZERS, cfg, '')
    return _explain_message(str(error), frames[-1], built[-1] if built else None, cfg)


def _explain_message(
    message: str, frame: FrameType, built: dict[str, Any] | None, cfg: Config
) -> str | None:
    """Describe a TypeError of a constructor that got its arguments from the config."""
    missing = re.search(r"(\w+)\.__init__\(\) missing .*'(\w+)'", message)
    if missing and built and missing[1] in {c.__name__ for c in inspect.getmro(built['obj_cls'])}:
        places = list(_find(cfg, lambda node: node.get('type') == built['obj_type']))
        return f'{places[0]}: {built["obj_cls"].__name__} needs {missing[2]!r}' if places else None
    unexpected = re.search(r"(\w+)\.__init__\(\).*unexpected keyword argument '(\w+)'", message)
    if unexpected is None:
        return None
    owner, key = unexpected.groups()
    component = frame.f_globals.get(owner)
    known = inspect.signature(component).parameters if inspect.isclass(component) else ()
    places = list(_find(cfg, lambda node: key in node))
    return f'{places[0]}: {owner} takes no {key!r}{_did_you_mean(key, known)}' if places else None


def _explain_type(kind: str | None, registry: Registry, cfg: Config, message: str) -> str:
    if kind is None:
        return message
    places = list(_find(cfg, lambda node: node.get('type') == kind))
    known: set[str] = set()
    node: Registry | None = registry
    while node is not None:
        known |= set(node.module_dict)
        node = node.parent
    where = f'{places[0]}: ' if places else ''
    return f'{where}no {registry.name} is called {kind!r}{_did_you_mean(kind, known)}'


def _explain_arguments(
    component: Callable, kind: str | Callable, given: dict[str, Any], cfg: Config
) -> str | None:
    parameters = inspect.signature(component).parameters
    name = component.__name__
    unknown = [key for key in given if key not in parameters]
    required = [k for k, p in parameters.items() if p.default is p.empty and p.kind not in (2, 4)]
    missing = [key for key in required if key not in given]
    if not unknown and not missing:
        return None
    kinds = (kind, None)  # a dict without type, such as train_cfg, is built too
    places = list(_find(cfg, lambda node: node.get('type') in kinds and set(unknown) <= set(node)))
    where = f'{places[0]}: ' if places else ''
    if unknown:
        hint = _did_you_mean(unknown[0], parameters)
        return f'{where}{name} takes no {unknown[0]!r}{hint}; it takes {", ".join(parameters)}'
    return f'{where}{name} needs {", ".join(map(repr, missing))}'


def _find(node: Any, matches: Callable[[dict], bool], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted path of each dict in a config that matches."""
    if isinstance(node, Config):
        node = node.to_dict()
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
