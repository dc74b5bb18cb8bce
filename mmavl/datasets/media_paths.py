"""The paths of a manifest's media, which must be below its data root."""

import os
import re

from mmavl.errors import DataError
from mmavl.utils.strict_json import brief


def path_problem(name: object) -> str:
    """Why this is not a valid path in a manifest; empty if it is one.

    Args:
        name (object): The value in the manifest.

    Returns:
        str: The end of a sentence about the path, e.g. 'is not a path: 3'.
    """
    if not isinstance(name, str) or not name or '\0' in name:
        return f'is not a path: {brief(name)}'
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return f'is not a path: {brief(name)}'
    if os.path.isabs(name) or os.path.splitdrive(name)[0] or '..' in re.split(r'[/\\]', name):
        return (
            f'is outside the data root: {brief(name)}; paths must be relative to it (choose a '
            'data_root that contains all files, or put a symbolic link into it)'
        )
    return ''


def media_path(data_root: str | os.PathLike, name: str) -> str:
    """The path of a file of the manifest; all readers of media get it from here.

    A symbolic link below the data root may lead outside: the folder's owner has created it.

    Args:
        data_root (str | PathLike): The folder of the media; '' is the current folder.
        name (str): The path in the manifest, relative to ``data_root``.

    Returns:
        str: The path.

    Raises:
        DataError: The path is absolute, contains ``..``, or is not a path at all.
    """
    problem = path_problem(name)
    if problem:
        raise DataError(f'a path of the manifest {problem}')
    # for '' too: 'http://host/a.wav' is then a file name and not an address
    return os.path.join(data_root or '.', name)
