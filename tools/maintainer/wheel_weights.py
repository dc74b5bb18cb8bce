"""Write the trained parts of a checkpoint to the package, for `mmavl list weights`.

    python tools/maintainer/wheel_weights.py scenes-families stage2_scenes \
        work_dirs/stage2_scenes/epoch_16.pth --title '...' --commands '...'

The frozen backbones are left out, the rest is float16. A checkpoint with the same rounded tensors,
NAME.pth, is written to --rounded, so that `tools/test.py` can evaluate the file's content:

    python tools/test.py configs/stage2_scenes.py rounded/scenes-families.pth
"""

import argparse
import platform
import sys
from pathlib import Path

import torch

import mmavl
from mmavl.engine.checkpoint import checkpoint_metainfo, load_checkpoint
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import CheckpointError
from mmavl.export.trained_parts import save_trained_parts
from mmavl.reports.run_record import code_commit

FOLDER = Path(mmavl.__file__).parent / 'weights'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('name', help='name for users')
    parser.add_argument('config', help="name of mmavl's config")
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('--title', required=True, help='one-line description')
    parser.add_argument('--commands', required=True, help='commands that train it')
    parser.add_argument('--figures', default='', help='measured figures, with the command')
    parser.add_argument('--rounded', type=Path, help='folder for a checkpoint of the same tensors')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with clear_errors():
        checkpoint = load_checkpoint(args.checkpoint)
        classes = checkpoint_metainfo(checkpoint, args.checkpoint).get('classes')
        if not classes:
            raise CheckpointError(f'{args.checkpoint} has no class names')
        FOLDER.mkdir(exist_ok=True)
        out = FOLDER / f'{args.name}.safetensors'
        provenance = {
            'title': args.title,
            'commands': args.commands,
            'figures': args.figures,
            'commit': code_commit() or 'unknown',
            'machine': f'{platform.machine()}, torch {torch.__version__}',
        }
        state = checkpoint['state_dict']
        save_trained_parts(out, args.config, state, classes, provenance)
    print(f'{out}: {out.stat().st_size / 1e6:.2f} MB, classes {", ".join(classes)}')
    if args.rounded:
        args.rounded.mkdir(parents=True, exist_ok=True)
        rounded = {k: v.half().float() if v.is_floating_point() else v for k, v in state.items()}
        torch.save({**checkpoint, 'state_dict': rounded}, args.rounded / f'{args.name}.pth')


if __name__ == '__main__':
    sys.exit(main())
