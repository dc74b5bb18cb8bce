"""Label clips without tags with pretrained teachers: writes a new manifest of pseudo-labels.

An interrupted run continues with the same command. See docs/pseudo_labels.md.

    python tools/dataset_converters/pseudo_labels.py configs/pseudo_labels/scenes.py \\
        data/instrument_scenes/train.json
"""

import argparse
import sys
from pathlib import Path

from mmengine.registry import init_default_scope

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import config_errors, load_config
from mmavl.preparation.pseudo_labels import pseudo_manifest
from mmavl.utils.options import add_dtype_option


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config of the teachers and their label groups')
    parser.add_argument('manifest', type=Path, help='the manifest; its tags are ignored')
    parser.add_argument(
        '--out', type=Path, help='default: pseudo/ next to the manifest, same file name'
    )
    parser.add_argument('--data-root', type=Path, help="default: the manifest's folder")
    parser.add_argument('--workers', type=int, default=1, help='processes that read media')
    add_dtype_option(parser, 'float32')
    parser.add_argument(
        '--leave-out-bad',
        action='store_true',
        help='leave out unreadable clips, and list them in NAME.left_out.json',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='change the config',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    init_default_scope('mmavl')
    out = args.out or args.manifest.parent / 'pseudo' / args.manifest.name
    try:
        config = load_config(args.config, args.cfg_options)
        with config_errors(config, *{'audio', 'visual'} & config.keys()):
            counts = pseudo_manifest(
                config.to_dict(),
                args.manifest,
                out,
                args.data_root,
                args.workers,
                args.leave_out_bad,
                args.dtype,
            )
    except (ValueError, OSError, ImportError) as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: run the same command again to continue')
    clips, left_out = counts.pop('clips'), counts.pop('left_out')
    for name, count in counts.items():
        print(f'{name}: {count} clips')
    print(f'{out}: {clips} clips, {left_out} left out')


if __name__ == '__main__':
    main()
