"""The folder for downloads."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder for downloads, which may not exist yet.

    ``$MMAVL_CACHE`` if set, else ``$XDG_CACHE_HOME/mmavl``, else ``~/.cache/mmavl``.
    """
    if folder := os.environ.get('MMAVL_CACHE'):
        return Path(folder).expanduser()
    return Path(os.environ.get('XDG_CACHE_HOME') or '~/.cache').expanduser() / 'mmavl'
