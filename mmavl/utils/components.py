"""The name of the component that a config asks for."""

from typing import Any


def component_name(kind: Any) -> str:
    """The class's name, however a config's ``type`` says it.

    Args:
        kind (Any): A name, a name with its scope or module ('mmdet.FasterRCNN'), or, in a
            pure-Python config, the class itself.

    Returns:
        str: The name alone; '' for None.
    """
    if kind is None:
        return ''
    return getattr(kind, '__name__', str(kind)).rpartition('.')[2]
