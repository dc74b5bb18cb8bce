"""Run the training described by a config: ``python tools/train.py configs/stage2_scenes.py``."""

from mmavl.cli.train import main

if __name__ == '__main__':
    main()
