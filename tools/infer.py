"""Localize or separate without installing mmavl: ``python tools/infer.py localize ...``.

Same as ``mmavl localize`` and ``mmavl separate``.
"""

import sys

from mmavl.cli import main

if __name__ == '__main__':
    sys.exit(main())
