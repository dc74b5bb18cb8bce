"""Published checkpoints of every peer, made from the names that PEERS' code gives them."""

from pathlib import Path

import pytest
import torch
from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.engine.published_weights import load_published, rename_published
from mmavl.errors import CheckpointError
from mmavl.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs/peers'
#: The config with the published networks, and names that its published file has among others.
PUBLISHED = {
    'attention_flickr.py': (
        'vision_embedding_model.feature_extraction.28.weight',
        'sound_fc1.weight',
        'vision_fc2.bias',
    ),
    'ez-vsl_flickr.py': ('imgnet.layer4.1.bn2.running_var', 'img_proj.weight', 'aud_proj.bias'),
    'mix-and-localize_music.py': (
        'aud_model.conv1_a.weight',
        'vision_model.layer4.1.bn2.running_var',
        'stft.weight',
        'fc_a_1.0.weight',
        'fc_a_2.2.bias',
        'conv_v_2.weight',
    ),
    'fnac_flickr.py': ('imgnet.conv1.weight', 'img_proj.weight', 'aud_proj.weight'),
    'lvs_flickr.py': ('module.imgnet.conv1_flow.weight', 'module.audnet.conv1_a.weight'),
    'slavc_flickr.py': (
        'module.img_proj2.weight',
        'module.aud_proj1.bias',
        'module.momentum_imgnet.bn1.running_var',
        'module.momentum_aud_proj2.weight',
    ),
    'ssl-align_flickr.py': ('img_proj.weight', 'aud_proj.bias', 'vision_fc1.weight'),
}


def build(name):
    init_default_scope('mmavl')
    return MODELS.build(without_pretrained(Config.fromfile(CONFIGS / name).model))


def without_pretrained(config):
    """The config without weights from the internet."""
    if isinstance(config, dict):
        parts = {key: without_pretrained(value) for key, value in config.items()}
        return {**parts, 'pretrained': False} if 'pretrained' in parts else parts
    return [without_pretrained(item) for item in config] if isinstance(config, list) else config


def published(model, module):
    """The model's state dict by the published names, with the tensors that are ignored."""
    names = sorted(model.published_names.items(), key=lambda item: -len(item[1]))
    used = {}
    for name, tensor in model.state_dict().items():
        old, new = next(((old, new) for old, new in names if name.startswith(new)), (None, None))
        if old is not None:
            used[module + old + name.removeprefix(new)] = tensor + 1
    unused = {f'{module}{name}weight': torch.zeros(2) for name in model.published_ignored}
    return {**unused, **used}


@pytest.mark.parametrize('config', PUBLISHED)
def test_every_tensor_of_a_published_file_goes_to_its_place(config, tmp_path):
    model = build(config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    module = 'module.' if PUBLISHED[config][0].startswith('module.') else ''
    state = published(model, module)
    assert state.keys() >= set(PUBLISHED[config])
    torch.save({'model_state_dict': state, 'epoch': 3}, tmp_path / 'x.pth')
    load_published(model, tmp_path / 'x.pth')
    elsewhere = ('map_transforms', *getattr(model, 'published_without', ()))
    for name, tensor in model.state_dict().items():
        if name.split('.')[0] not in elsewhere:
            assert torch.equal(tensor, before[name] + 1), name


def test_a_checkpoint_of_another_method_is_refused():
    with pytest.raises(CheckpointError, match=r'x.pth is not a checkpoint of LVS: 1 of its 2'):
        rename_published(
            {'imgnet.a': torch.zeros(1), 'fc_v_1.weight': torch.zeros(1)},
            {'imgnet.': 'visual_backbone.'},
            (),
            'LVS',
            'x.pth',
        )


def test_one_of_other_widths_is_refused(tmp_path):
    model = build('ez-vsl_flickr.py')
    state = published(model, '')
    state['img_proj.weight'] = torch.zeros(128, 512, 1, 1)
    torch.save(state, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError, match=r'visual_neck.0.weight \(\[128, 512, 1, 1\]'):
        load_published(model, tmp_path / 'x.pth')
