"""Train what a config describes: ``python tools/train.py configs/stage2_scenes.py``."""

from mmavl.cli.train import main

if __name__ == '__main__':
    main()
