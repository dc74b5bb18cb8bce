"""``python -m mmavl`` is the command ``mmavl``."""

import sys

from mmavl.cli import main

sys.exit(main())
