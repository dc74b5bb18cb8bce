"""Print a config with its bases merged in: ``python tools/analysis/print_config.py CONFIG``."""

import argparse

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import load_config
from mmavl.engine.user_errors import clear_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with clear_errors():
        print(load_config(args.config, args.cfg_options).pretty_text)


if __name__ == '__main__':
    main()
