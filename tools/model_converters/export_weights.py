"""Write a trained model to one self-contained file: weights, config, classes.

python tools/model_converters/export_weights.py configs/stage2_scenes.py CHECKPOINT OUT.safetensors
"""

import argparse

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.checkpoint import checkpoint_metainfo, load_checkpoint
from mmavl.engine.config import config_errors, load_config
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import CheckpointError
from mmavl.export.single_file import save_exported


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config the model was trained with')
    parser.add_argument('checkpoint', help='its .pth file')
    parser.add_argument('out', help='.safetensors file to write')
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help="class names; default: the checkpoint's",
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='config values to change, e.g. model.stage=category',
    )
    args = parser.parse_args()
    if not args.out.endswith('.safetensors'):
        parser.error(f'OUT must end in .safetensors: {args.out}')
    return args


def main() -> None:
    args = parse_args()
    with clear_errors():
        cfg = load_config(args.config, args.cfg_options)
        checkpoint = load_checkpoint(args.checkpoint)
        meta = checkpoint_metainfo(checkpoint, args.checkpoint)
        classes = args.classes or meta.get('classes')
        if not classes:
            raise CheckpointError(f'{args.checkpoint} has no class names: use --classes NAME ...')
        with config_errors(cfg, 'model'):
            save_exported(args.out, cfg, checkpoint['state_dict'], classes)
    print(f'{args.out}: {len(checkpoint["state_dict"])} tensors, classes {", ".join(classes)}')


if __name__ == '__main__':
    main()
