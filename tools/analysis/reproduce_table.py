"""The paper's Table 1, 2 or 3 from your checkpoints: the command of ``projects/paper_tables``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'projects/paper_tables'))

from paper_tables.reproduce import main, parse_args  # noqa: F401

if __name__ == '__main__':
    main()
