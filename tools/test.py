"""Evaluate a checkpoint: ``python tools/test.py CONFIG CHECKPOINT``."""

from mmavl.cli.test import main

if __name__ == '__main__':
    main()
