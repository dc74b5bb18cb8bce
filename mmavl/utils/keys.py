"""Inputs of the checksums that tell whether a cached result is still valid."""

import os
from typing import Any


def key_part(*values: Any) -> bytes:
    """Plain values as bytes; different values always give different bytes."""
    return ascii(values).encode()


def file_key(path: str, root: str) -> bytes:
    """A file's relative path, size and modification time; only the path if it is missing.

    Args:
        path (str): The file.
        root (str): The folder that the path is relative to, so that it can be moved.

    Returns:
        bytes: Input of a checksum.
    """
    folder = os.path.join(root, '')
    # relpath is slow, and a data set has millions of files
    inside = path.startswith(folder) and '..' not in path
    name = path[len(folder) :] if inside else os.path.relpath(path, root)
    try:
        stat = os.stat(path)
    except (OSError, ValueError):  # ValueError: an impossible file name
        return key_part(name)
    return key_part(name, stat.st_size, stat.st_mtime_ns)
