"""Whether the values of a config are of the types that its components want."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mmengine import Config
from mmengine import registry as roots
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner, set_random_seed
from torch.utils.data import DataLoader

import mmavl.registry  # noqa: F401  adds mmavl's registries to mmengine's
from mmavl.engine.schedules import fit_schedule
from mmavl.errors import ConfigError
from mmavl.utils.components import component_name

_REGISTRIES = [r for r in vars(roots).values() if isinstance(r, roots.Registry)]
_SCOPES = (None, 'mmavl', 'mmengine')
_COUNTS = ('max_epochs', 'max_iters', 'val_interval')
_SCALARS = (str, bool, int, float)


def check_values(cfg: Config) -> None:
    """Compare texts, numbers and lists of a config with the type hints of what takes them.

    Only what is certain is an error: an argument without a hint takes anything, ``None`` goes
    everywhere, and a dict is a component whose own arguments are compared.

    Args:
        cfg (Config): The config of a run.

    Raises:
        ConfigError: A value is of another type; names all of them with their places.
    """
    if cfg.get('default_scope', 'mmavl') not in _SCOPES:
        return
    runner = _hints(Runner)
    content = {key: value for key, value in cfg.to_dict().items() if key in runner}
    # milestones may be shares of any length
    content['param_scheduler'] = fit_schedule(content.get('param_scheduler'), 1, 1)
    wrong = [*_wrong(content, runner, ''), *_walk(content, '')]
    if wrong:
        raise ConfigError('; '.join(dict.fromkeys(wrong)))


def _walk(node: Any, place: str) -> Iterator[str]:
    """Yield what is wrong in all components below a node."""
    items = enumerate(node) if isinstance(node, list | tuple) else ()
    if isinstance(node, dict):
        if node.get('_scope_') not in _SCOPES:
            return
        yield from _wrong(node, _hints(_taker(node, place)), place)
        items = node.items()
    for key, value in items:
        yield from _walk(value, f'{place}.{key}' if place else str(key))


def _wrong(given: Mapping[str, Any], hints: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in given.items():
        if key in hints and not _accepts(hints[key], value):
            where = f'{place}: ' if place else ''
            yield f'{where}{key}={value!r} must be {_words(hints[key])}'
        elif place == 'train_cfg' and key in _COUNTS and isinstance(value, int) and value < 1:
            yield f'train_cfg: {key}={value!r} must be at least 1'


def _taker(given: Mapping[str, Any], place: str) -> Any:
    """What takes an entry's keys as arguments; None where it is not known for certain."""
    if place.endswith('_dataloader'):
        return DataLoader
    if place == 'randomness':
        return set_random_seed
    kind = given.get('type')
    if place == 'train_cfg' and kind is None:
        return EpochBasedTrainLoop if given.get('by_epoch') else IterBasedTrainLoop
    if not isinstance(kind, str):
        return kind
    name = component_name(kind)
    takers = {_look_up(r.children.get('mmavl', r), name) for r in _REGISTRIES} - {None}
    return takers.pop() if len(takers) == 1 else None


def _look_up(node: roots.Registry | None, name: str) -> Any:
    while node is not None:
        node.import_from_location()
        if name in node.module_dict:
            return node.module_dict[name]
        node = node.parent
    return None


def _hints(taker: Any) -> dict[str, Any]:
    """Type hints of a component's arguments; those of its bases where it hands them on."""
    hints: dict[str, Any] = {}
    for called in reversed(inspect.getmro(taker)) if inspect.isclass(taker) else [taker]:
        function = vars(called).get('__init__') if inspect.isclass(called) else called
        for name, hint in getattr(function, '__annotations__', {}).items():
            try:
                scope = {'__annotations__': {name: hint}, '__module__': function.__module__}
                hints[name] = get_type_hints(type('Hint', (), scope))[name]
            except NameError:  # one that only a type checker can read
                hints[name] = Any
    hints.pop('return', None)
    return hints


def _accepts(hint: Any, value: Any) -> bool:
    """Whether a value may be of a type; True in doubt."""
    if not isinstance(value, (*_SCALARS, list, tuple)):
        return True
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        return any(_accepts(part, value) for part in get_args(hint) if part is not NoneType)
    if not inspect.isclass(kind) or kind is Callable:
        return True
    if isinstance(value, list | tuple):
        return _accepts_list(kind, get_args(hint), value)
    if kind is bool:
        return isinstance(value, bool) or value in (0, 1)
    if kind is float:
        return isinstance(value, int | float)
    if issubclass(kind, PurePath):
        return isinstance(value, str)
    return isinstance(value, kind)


def _accepts_list(kind: type, items: tuple, value: Iterable) -> bool:
    if not (issubclass(list, kind) or issubclass(tuple, kind)):
        return False
    wanted = {item for item in items if item is not Ellipsis}
    return len(wanted) != 1 or all(_accepts(*wanted, item) for item in value)


def _words(hint: Any) -> str:
    """E.g. 'int', 'float or Tensor', 'list[int]'."""
    if get_origin(hint) in (Union, UnionType):
        return ' or '.join(map(_words, get_args(hint)))
    if hint is NoneType:
        return 'None'
    plain = inspect.isclass(hint) and not get_args(hint)
    return hint.__name__ if plain else re.sub(r'\b(\w+\.)+', '', str(hint))
