"""Matching labels in words to a model's classes."""

import re
from collections.abc import Mapping, Sequence

from .cases import Mark

_WORD = re.compile(r'[^\W_]+')


def class_of(
    mark: Mark, classes: Sequence[str], aliases: Mapping[str, Sequence[str]] | None = None
) -> str | None:
    """The class of a mark; None if the model has none for it.

    It is the class given by the mark, or else the longest one whose name, or one of whose aliases,
    is contained in the label as whole words. Case and a plural s are ignored.

    Args:
        mark (Mark): With a label such as 'dog howling'.
        classes (Sequence[str]): The model's classes.
        aliases (Mapping[str, Sequence[str]], optional): Class -> its other names.
    """
    if mark.class_name in classes:
        return mark.class_name
    said = _words(mark.label)
    matches = [
        (len(_words(phrase)), name)
        for name in classes
        for phrase in (name, *(aliases or {}).get(name, ()))
        if set(_words(phrase)) <= set(said)
    ]
    return max(matches, key=lambda item: item[0])[1] if matches else None


def acceptable_classes(
    marks: Sequence[Mark],
    classes: Sequence[str],
    families: Mapping[str, Sequence[str]],
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> set[str]:
    """The classes that are correct for these objects: their own, and their families."""
    names = (class_of(mark, classes, aliases) for mark in marks)
    own = {name for name in names if name is not None}
    return own | {family for family, members in families.items() if own & set(members)}


def family_of(
    name: str, classes: Sequence[str], families: Mapping[str, Sequence[str]]
) -> str | None:
    """The smallest family of the model that contains a class."""
    holding = [f for f, members in families.items() if name in members and f in classes]
    return min(holding, key=lambda family: len(families[family]), default=None)


def _words(text: str) -> list[str]:
    return [word.rstrip('s') for word in _WORD.findall(text.casefold())]
