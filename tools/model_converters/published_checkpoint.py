"""Make a checkpoint that a method's authors published one of mmavl's.

python tools/model_converters/published_checkpoint.py configs/peers/ez-vsl_flickr.py best.pth \
    work_dirs/published/ez-vsl.pth
python tools/test.py configs/peers/ez-vsl_flickr.py work_dirs/published/ez-vsl.pth
"""

import argparse
from pathlib import Path

import torch
from mmengine.registry import init_default_scope

from mmavl.engine.config import load_config
from mmavl.engine.published_weights import load_published
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.files import atomic_write


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config of the method, with the published networks')
    parser.add_argument('published', type=Path, help='the file that the authors published')
    parser.add_argument('out', type=Path, help='.pth file to write')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with clear_errors():
        cfg = load_config(args.config, {'model.visual_backbone.pretrained': False})
        init_default_scope('mmavl')
        model = MODELS.build(cfg.model)
        if not getattr(model, 'published_names', None):
            raise ConfigError(f'{type(model).__name__} has no published checkpoints')
        state = load_published(model, args.published)
        with atomic_write(args.out, 'wb') as file:
            torch.save({'meta': {'source': str(args.published)}, 'state_dict': state}, file)
    print(f'{args.out}: {len(state)} tensors, for {Path(args.config).name}')


if __name__ == '__main__':
    main()
