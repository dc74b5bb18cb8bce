"""Where downloads are kept between runs."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder for downloads, which may not exist yet.

    ``$MMAVL_CACHE`` where it is set, else ``$XDG_CACHE_HOME/mmavl``, else ``~/.cache/mmavl``.
    """
    if own := os.environ.get('MMAVL_CACHE'):
        return Path(own).expanduser()
    return Path(os.environ.get('XDG_CACHE_HOME') or '~/.cache').expanduser() / 'mmavl'
