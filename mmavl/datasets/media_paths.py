"""Where the media of a manifest are: below its data root, and nowhere else."""

import os
import re

from mmavl.errors import DataError
from mmavl.utils.strict_json import brief


def path_problem(name: object) -> str:
    """Why this is not a path of a manifest; empty if it is one.

    Args:
        name (object): What stands in the manifest.

    Returns:
        str: To follow the path's name in a message, e.g. 'is not a path: 3'.
    """
    if not isinstance(name, str) or not name or '\0' in name:
        return f'is not a path: {brief(name)}'
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return f'is not a path: {brief(name)}'
    if os.path.isabs(name) or os.path.splitdrive(name)[0] or '..' in re.split(r'[/\\]', name):
        return (
            f'leaves the data root: {brief(name)}; name files by their place below it (choose '
            'data_root so that it holds them all, or put a symbolic link into it)'
        )
    return ''


def media_path(data_root: str | os.PathLike, name: str) -> str:
    """The path of a manifest's file; each reader of media takes it from here.

    A symbolic link below the data root may lead out of it: whoever owns the folder made it.

    Args:
        data_root (str | PathLike): The folder of the media; '' is the current one.
        name (str): As the manifest has it, relative to ``data_root``.

    Returns:
        str: The path.

    Raises:
        DataError: It is absolute, has ``..`` in it, or is not a path at all.
    """
    problem = path_problem(name)
    if problem:
        raise DataError(f'a path of the manifest {problem}')
    # not '': 'http://host/a.wav' is a file's name here, and no address
    return os.path.join(data_root or '.', name)
