"""The arguments of a component, and whether values match their types."""

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from torch.nn import Module

_SCALARS = (str, bool, int, float)
#: Packages whose classes pass their ``**kwargs`` on to their parents.
_HANDED_ON = ('mmavl', 'mmengine')


def arguments_of(component: Callable) -> tuple[dict[str, inspect.Parameter], bool]:
    """The named arguments of a class or function; for a class, also those passed to its parents.

    Returns:
        tuple: The arguments by name, with their type hints (``Any`` if missing); and
        whether it accepts any others.
    """
    arguments: dict[str, inspect.Parameter] = {}
    handed_on = False
    bases = inspect.getmro(component)[:-1] if inspect.isclass(component) else [component]
    for base in bases:
        function = vars(base).get('__init__') if inspect.isclass(base) else base
        if function is None:
            continue
        if base is Module and not handed_on:  # its *args and **kwargs are rejected
            return arguments, False
        handed_on = True
        try:
            parameters = [*inspect.signature(function).parameters.values()]
        except (TypeError, ValueError):  # not written in Python
            return arguments, True
        for parameter in parameters[inspect.isclass(base) :]:
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                hint = _hint(function, parameter)
                arguments.setdefault(parameter.name, parameter.replace(annotation=hint))
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
            return arguments, False
        if base.__module__.partition('.')[0] not in _HANDED_ON:
            return arguments, True
    return arguments, True


def _hint(function: Callable, parameter: inspect.Parameter) -> Any:
    if parameter.annotation is parameter.empty:
        return Any
    scope = {'__annotations__': {'hint': parameter.annotation}, '__module__': function.__module__}
    try:
        return get_type_hints(type('Hint', (), scope))['hint']
    except NameError:  # only a type checker can resolve it
        return Any


def accepts(hint: Any, value: Any) -> bool:
    """Whether a value matches a type; True if in doubt, and for None and components."""
    if not isinstance(value, (*_SCALARS, list, tuple)):
        return True
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        return any(accepts(part, value) for part in get_args(hint) if part is not NoneType)
    if not inspect.isclass(kind) or kind in (Any, Callable):
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
    return len(wanted) != 1 or all(accepts(next(iter(wanted)), item) for item in value)


def words(hint: Any) -> str:
    """E.g. 'int', 'float or Tensor', 'list[int]'."""
    if get_origin(hint) in (Union, UnionType):
        return ' or '.join(map(words, get_args(hint)))
    if hint is NoneType:
        return 'None'
    plain = inspect.isclass(hint) and not get_args(hint)
    return hint.__name__ if plain else re.sub(r'\b(\w+\.)+', '', str(hint))
