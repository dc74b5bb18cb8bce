"""Which of a model's classes a label in words means."""

import re
from collections.abc import Mapping, Sequence

from .cases import Mark

_WORD = re.compile(r'[^\W_]+')


def class_of(
    mark: Mark, classes: Sequence[str], aliases: Mapping[str, Sequence[str]] | None = None
) -> str | None:
    """The class that a mark means; None where the model has none for it.

    It is the one that the mark names, else the one whose name, or one of whose aliases, is in the
    label word by word; of several the longest. Case and a plural's s make no difference.

    Args:
        mark (Mark): With a label such as 'dog howling'.
        classes (Sequence[str]): The model's.
        aliases (Mapping[str, Sequence[str]], optional): Class -> other words for it.
    """
    if mark.class_name in classes:
        return mark.class_name
    said = _words(mark.label)
    found = [
        (len(_words(phrase)), name)
        for name in classes
        for phrase in (name, *(aliases or {}).get(name, ()))
        if set(_words(phrase)) <= set(said)
    ]
    return max(found, key=lambda item: item[0])[1] if found else None


def acceptable_classes(
    marks: Sequence[Mark],
    classes: Sequence[str],
    families: Mapping[str, Sequence[str]],
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> set[str]:
    """The classes that may be named where these things sound: theirs, and families of them."""
    own = {class_of(mark, classes, aliases) for mark in marks} - {None}
    return own | {family for family, members in families.items() if own & set(members)}


def family_of(
    name: str, classes: Sequence[str], families: Mapping[str, Sequence[str]]
) -> str | None:
    """The smallest family of the model's that a class is in."""
    holding = [f for f, members in families.items() if name in members and f in classes]
    return min(holding, key=lambda family: len(families[family]), default=None)


def _words(text: str) -> list[str]:
    return [word.rstrip('s') for word in _WORD.findall(text.casefold())]
