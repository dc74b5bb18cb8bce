"""Combine runs in an HTML page: ``python tools/analysis/report.py WORK_DIR... --out report.html``.

The work directories are those of tools/train.py and tools/test.py. The page has a table that
compares the runs on each split, their loss curves, best and worst clips, settings and commands.
"""

from mmavl.cli.report import main

if __name__ == '__main__':
    main()
