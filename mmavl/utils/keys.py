"""What a checksum is made from, when it says whether something stored is still right."""

import os
from typing import Any


def key_part(*values: Any) -> bytes:
    """Plain values as bytes; different values never give the same, and any name gives some."""
    return ascii(values).encode()


def file_key(path: str, root: str) -> bytes:
    """A file's name below a folder, its size and its time; of a file that is missing, its name.

    Args:
        path (str): The file.
        root (str): The folder, which may move with all that is in it.

    Returns:
        bytes: For a checksum.
    """
    folder = os.path.join(root, '')
    # relpath is slow, and a data set has millions of files
    inside = path.startswith(folder) and '..' not in path
    name = path[len(folder) :] if inside else os.path.relpath(path, root)
    try:
        stat = os.stat(path)
    except (OSError, ValueError):  # the latter of a name that no file can have
        return key_part(name)
    return key_part(name, stat.st_size, stat.st_mtime_ns)
