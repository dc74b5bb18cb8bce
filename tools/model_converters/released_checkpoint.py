"""Make a checkpoint of the paper's released code (its simplified variant) one of mmavl's.

python tools/model_converters/released_checkpoint.py stage_2.pth work_dirs/released/stage2.pth
python tools/test.py configs/released/stage2_flickr_released.py work_dirs/released/stage2.pth
"""

import argparse
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from torch import Tensor

from mmavl.engine.checkpoint import load_checkpoint, load_state
from mmavl.engine.config import load_config
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import CheckpointError
from mmavl.registry import MODELS
from mmavl.utils.files import atomic_write

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
#: Each released network holds a first layer for images and one for sounds, and uses one of them.
UNUSED = {'vision': ('conv1_a', 'fc'), 'audio': ('conv1', 'fc')}
NAMES = {
    'vision.': 'visual_backbone.net.',
    'audio.conv1_a.': 'audio_backbone.net.conv1.',
    'audio.': 'audio_backbone.net.',
    'avc.': 'avc_head.fc.',
    'project_a.': 'alignment_head.audio_projection.',
    'project_v.': 'alignment_head.visual_projection.',
    'class_a.': 'audio_tag_head.fc.',
    'class_v.': 'visual_tag_head.fc.',
}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('released', help='state dict that the released code saved')
    parser.add_argument('out', help='.pth file to write')
    parser.add_argument(
        '--config',
        help='config of the model; by default configs/released/stage2_flickr_released.py, or '
        'stage1_... where the checkpoint has no projections',
    )
    return parser.parse_args()


def convert(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of a released state dict; 1x1 convolutions become linear layers.

    Raises:
        CheckpointError: A tensor does not belong to the released model.
    """
    converted = {}
    for name, tensor in state.items():
        name = name.removeprefix('module.')
        part, layer, *_ = name.split('.')
        if layer in UNUSED.get(part, ()):
            continue
        prefix = next((prefix for prefix in NAMES if name.startswith(prefix)), None)
        if prefix is None:
            raise CheckpointError(
                f'tensor {name!r} does not belong to the released model, which has '
                'vision, audio, avc, project_a, project_v, class_a and class_v'
            )
        if part.startswith(('project_', 'class_')):
            tensor = tensor.flatten(1)
        converted[NAMES[prefix] + name.removeprefix(prefix)] = tensor
    return converted


def main() -> None:
    args = parse_args()
    with clear_errors():
        state = convert(load_checkpoint(args.released)['state_dict'])
        stage = 2 if any(name.startswith('alignment_head.') for name in state) else 1
        path = args.config or CONFIGS / f'released/stage{stage}_flickr_released.py'
        cfg = load_config(path, {'model.visual_backbone.pretrained': False})
        init_default_scope('mmavl')
        load_state(MODELS.build(cfg.model), state, args.released, strict=True)
        with atomic_write(args.out, 'wb') as file:
            torch.save({'meta': {'source': str(args.released)}, 'state_dict': state}, file)
    print(f'{args.out}: {len(state)} tensors, for {Path(path).name}')


if __name__ == '__main__':
    main()
