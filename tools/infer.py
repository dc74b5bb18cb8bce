"""Localize or separate without installing the command: ``python tools/infer.py localize ...``.

The same as ``mmavl localize`` and ``mmavl separate``.
"""

import sys

from mmavl.cli import main

if __name__ == '__main__':
    sys.exit(main())
