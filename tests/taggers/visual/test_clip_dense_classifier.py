import json
import socket
import sys
from importlib.util import find_spec

import pytest
import torch
from huggingface_hub import constants
from torch.nn import functional as F

from mmavl.errors import CheckpointError, ConfigError
from mmavl.taggers.visual import ClipDenseClassifier
from mmavl.taggers.visual.clip_dense_classifier import _positions

LABELS = ['dog', 'acoustic guitar', 'train']
TEXT = {'context_length': 77, 'vocab_size': 49408, 'width': 16, 'heads': 2, 'layers': 1}
VISION = {
    'tiny-vit': {'image_size': 32, 'layers': 2, 'width': 64, 'head_width': 16, 'patch_size': 8},
    'tiny-resnet': {'image_size': 64, 'layers': [1, 1, 1, 1], 'width': 16, 'patch_size': None},
}
needs_open_clip = pytest.mark.skipif(
    find_spec('open_clip') is None, reason='open_clip_torch is not installed'
)


@pytest.fixture
def tiny(tmp_path):
    """Makes a random model with a file of its weights: its open_clip module and the path."""
    open_clip = pytest.importorskip('open_clip')

    def make(name, **changes):
        config = {'embed_dim': 24, 'vision_cfg': VISION[name], 'text_cfg': TEXT}
        (tmp_path / f'{name}.json').write_text(json.dumps(config))
        open_clip.add_model_config(tmp_path)
        torch.manual_seed(0)
        net = open_clip.create_model(name).eval()
        with torch.no_grad():
            for key, value in changes.items():
                net.get_parameter(key.replace('__', '.')).fill_(value)
        torch.save(net.state_dict(), tmp_path / f'{name}.pth')
        return net, str(tmp_path / f'{name}.pth')

    return make


def picture(height, width):
    return torch.randint(
        0, 256, (2, 3, height, width), generator=torch.Generator().manual_seed(1)
    ).float()


def normalised(images):
    """By CLIP's published mean and deviation."""
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]
    return (images / 255 - mean) / std


def text_features(net, texts):
    import open_clip

    return net.encode_text(open_clip.tokenize(texts), normalize=True)


@torch.no_grad()
def test_a_cell_of_a_vit_is_what_maskclips_value_projection_makes_of_its_patch(tiny):
    net, weights = tiny('tiny-vit')
    dense = ClipDenseClassifier('tiny-vit', LABELS, weights)
    found = dense(picture(32, 32))
    visual = net.visual
    tokens = visual._embeds(normalised(picture(32, 32)))
    tokens = visual.transformer.resblocks[0](tokens)
    last = visual.transformer.resblocks[1]
    value = F.linear(
        last.ln_1(tokens), last.attn.in_proj_weight[128:], last.attn.in_proj_bias[128:]
    )
    tokens = tokens + last.attn.out_proj(value)
    tokens = tokens + last.mlp(last.ln_2(tokens))
    cells = F.normalize(visual.ln_post(tokens[:, 1:]) @ visual.proj, dim=-1)
    texts = text_features(net, [f'a photo of a {label}.' for label in LABELS])
    expected = net.logit_scale.exp() * cells @ texts.T
    assert dense.stride == 8
    assert found.shape == (2, 3, 4, 4)
    torch.testing.assert_close(found.flatten(2).transpose(1, 2), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_where_a_resnet_attends_evenly_its_embedding_is_the_mean_of_its_cells(tiny):
    net, weights = tiny(
        'tiny-resnet',
        visual__attnpool__q_proj__weight=0.0,
        visual__attnpool__q_proj__bias=0.0,
        visual__attnpool__positional_embedding=0.0,
    )
    dense = ClipDenseClassifier('tiny-resnet', LABELS, weights)
    cells = dense._cells(normalised(picture(64, 64)))
    assert cells.shape == (2, 2, 2, 24)
    expected = net.encode_image(normalised(picture(64, 64)))
    torch.testing.assert_close(cells.mean((1, 2)), expected, rtol=1e-4, atol=1e-5)
    found = dense(picture(64, 96))
    assert found.shape == (2, 3, 2, 3)
    assert found.abs().max() <= net.logit_scale.exp() + 1e-4


@torch.no_grad()
def test_position_embeddings_are_stretched_to_the_picture(tiny):
    net, weights = tiny('tiny-vit')
    ramp = torch.arange(4.0).repeat(4)[:, None]  # a grid that rises from left to right
    net.visual.positional_embedding[1:] = ramp.expand(16, 64)
    torch.save(net.state_dict(), weights)
    dense = ClipDenseClassifier('tiny-vit', LABELS, weights)
    grid = _positions(dense.visual.positional_embedding, 2, 8)[1:].view(2, 8, 64)
    assert (grid[:, 1:] > grid[:, :-1]).all()
    torch.testing.assert_close(grid[0], grid[1])
    assert dense(picture(16, 64)).shape == (2, 3, 2, 8)


@torch.no_grad()
def test_a_label_is_the_mean_of_its_templates(tiny):
    net, weights = tiny('tiny-vit')
    dense = ClipDenseClassifier('tiny-vit', ['dog'], weights, templates=('a {}.', 'the {} here'))
    both = text_features(net, ['a dog.', 'the dog here'])
    expected = net.logit_scale.exp() * F.normalize(both.mean(0, keepdim=True), dim=1)
    torch.testing.assert_close(dense.texts, expected)


def test_what_does_not_fit_is_named(tiny):
    _, weights = tiny('tiny-vit')
    tiny('tiny-resnet')
    with pytest.raises(CheckpointError, match=r'tiny-vit\.pth does not fit tiny-resnet'):
        ClipDenseClassifier('tiny-resnet', LABELS, weights)
    with pytest.raises(ConfigError, match=r"no model 'ViT-B16'; did you mean 'ViT-B-16'\?"):
        ClipDenseClassifier('ViT-B16', LABELS, weights)
    with pytest.raises(ConfigError, match='either weights=FILE or pretrained=TAG'):
        ClipDenseClassifier('tiny-vit', LABELS)
    with pytest.raises(ConfigError, match="no weights 'opnai'; choose one of openai, yfcc15m"):
        ClipDenseClassifier('RN50', LABELS, pretrained='opnai')
    with pytest.raises(FileNotFoundError, match='nowhere'):
        ClipDenseClassifier('tiny-vit', LABELS, '/nowhere/w.pth')


@needs_open_clip
def test_without_a_hub_one_line_says_what_could_not_be_fetched(monkeypatch, tmp_path):
    with socket.socket() as port:
        port.bind(('127.0.0.1', 0))
        endpoint = f'http://127.0.0.1:{port.getsockname()[1]}'
    monkeypatch.setattr(constants, 'ENDPOINT', endpoint)
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path))
    with pytest.raises(ConnectionError) as info:
        ClipDenseClassifier('RN50', LABELS, pretrained='openai')
    assert '\n' not in str(info.value)
    for part in ('RN50 (openai)', endpoint, 'HF_HOME', 'weights=FILE'):
        assert part in str(info.value)


def test_without_open_clip_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'open_clip', None)
    with pytest.raises(ModuleNotFoundError, match='pip install --no-deps open_clip_torch=='):
        ClipDenseClassifier('RN50', LABELS, pretrained='openai')
