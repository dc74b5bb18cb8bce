"""The class name of a component in a config."""

from typing import Any


def component_name(kind: Any) -> str:
    """The name of the class that a config's ``type`` refers to.

    Args:
        kind (Any): A name, a name with its scope or module ('mmdet.FasterRCNN'), or, in a
            pure-Python config, the class itself.

    Returns:
        str: The bare name; '' for None.
    """
    if kind is None:
        return ''
    return getattr(kind, '__name__', str(kind)).rpartition('.')[2]
