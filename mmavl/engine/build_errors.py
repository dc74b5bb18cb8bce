"""Linking errors of constructors to the config entries being built."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mmengine import registry as roots
from mmengine.registry import Registry

from mmavl.engine.config_check import unknown
from mmavl.utils.components import component_name


@contextmanager
def built_from(entry: Any, registry: Registry | None = None) -> Iterator[None]:
    """Attach the entry being built to errors, after those nested inside it.

    Args:
        entry (Any): The entry as passed to its builder.
        registry (Registry, optional): The registry that builds it.
    """
    try:
        yield
    except Exception as error:
        vars(error)['built_from'] = [*getattr(error, 'built_from', ()), (entry, registry)]
        raise


@contextmanager
def noted_builds() -> Iterator[None]:
    """A context in which the builders of all registries attach their entries to errors."""
    registries = [r for r in vars(roots).values() if isinstance(r, Registry)]
    for registry in registries:  # grows by its children
        registries += registry.children.values()
    builders = [registry.build_func for registry in registries]
    for registry, build in zip(registries, builders):
        registry.build_func = _noting(build)
    try:
        yield
    finally:
        for registry, build in zip(registries, builders):
            registry.build_func = build


def _noting(build: Callable) -> Callable:
    def build_noted(cfg: Any, *args: Any, registry: Registry, **kwargs: Any) -> Any:
        with built_from(cfg, registry):
            return build(cfg, *args, registry=registry, **kwargs)

    return build_noted


def explain_build(error: Exception, content: dict[str, Any]) -> str | None:
    """Explain a constructor's error by the config entry that it was built from.

    Args:
        error (Exception): An error raised inside :func:`noted_builds`.
        content (dict): The config sections that are built.

    Returns:
        str | None: The place of the entry, if known, and the problem; None for an error
        that does not come from a constructor, or that a config cannot cause.
    """
    entries = getattr(error, 'built_from', ())
    message = _message(error, *entries[0]) if entries else None
    if not message:
        return None
    places = (_place(entry, content) for entry, _ in entries)
    return next((f'{place}: ' for place in places if place), '') + message


def _message(error: Exception, entry: Any, registry: Registry | None) -> str | None:
    message = str(error)
    if isinstance(error, AssertionError | ValueError):
        return message
    if not isinstance(entry, dict):
        return None
    kind = entry.get('type')
    if isinstance(error, KeyError) and registry and isinstance(kind, str) and kind in message:
        return unknown(registry, kind)
    refused = re.search(r"unexpected keyword argument '(\w+)'", message)
    return message if refused and refused[1] in entry else None


def _place(entry: Any, content: dict[str, Any]) -> str:
    """The dotted key of the entry of the same type that has most values in common."""

    def matches(node: dict[str, Any]) -> int:
        return sum(key in entry and entry[key] == value for key, value in node.items())

    if not isinstance(entry, dict):
        return ''
    kind = component_name(entry.get('type'))
    places = {
        place: matches(node)
        for place, node in _dicts(content)
        if component_name(node.get('type')) == kind
    }
    best = max(places, key=places.__getitem__, default='')
    return best if best and places[best] else ''


def _dicts(node: Any, place: str = '') -> Iterator[tuple[str, dict[str, Any]]]:
    """All dicts below a node, with their dotted keys."""
    if isinstance(node, dict) and place:
        yield place, node
    items: Iterable[tuple[Any, Any]]
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        if isinstance(value, dict | list | tuple):
            yield from _dicts(value, f'{place}.{key}' if place else str(key))
