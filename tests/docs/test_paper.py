"""The page on the paper: its options remove the differences that it lists."""

import argparse
import re

import pytest
import torch
from mmengine.registry import init_default_scope

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import load_config
from mmavl.models.losses import PairContrastiveLoss
from mmavl.models.map_transforms import MinMaxHeat
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from .blocks import ROOT

PAGE = (ROOT / 'docs/paper.md').read_text()
#: Options with a value, as the page's tables and its command have them.
OPTIONS = set(re.findall(r'[a-z_]+(?:\.[a-z_]+)+=[\w\[\].]+', PAGE))
WITHOUT_MEDIA = ['model.visual_backbone.pretrained=False']


def parsed(options):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    return parser.parse_args(['--cfg-options', *options]).cfg_options


def built(options):
    init_default_scope('mmavl')
    options = parsed([*WITHOUT_MEDIA, *options])
    return MODELS.build(load_config(str(ROOT / 'configs/stage2_audioset.py'), options).model)


@pytest.fixture(scope='module')
def command():
    """The options of the page's command for stage 2."""
    start = PAGE.index('python tools/train.py configs/stage2_audioset.py')
    block = PAGE[start : PAGE.index('```', start)]
    return re.findall(r'[a-z_]+(?:\.[a-z_]+)+=[\w\[\].]+', block)


def test_every_option_with_a_value_is_one_of_the_models_or_of_the_schedule(command):
    assert set(command) < OPTIONS
    assert {option.partition('.')[0] for option in OPTIONS} == {'model', 'optim_wrapper'}


def test_the_command_gives_the_papers_networks_loss_and_maps(command):
    model = built(command)
    with torch.no_grad():
        visual = model.visual_backbone(torch.zeros(1, 3, 256, 256))
        embedded = model.avc_head.visual_branch(visual[0])
    assert [tuple(x.shape[-2:]) for x in (*visual, embedded)] == [(16, 16), (8, 8), (8, 8)]
    assert model.data_preprocessor.spectrogram.n_fft == 882
    assert model.valid == 'predictions'
    loss = model.alignment_head.loss_fn
    assert (type(loss), loss.reduction) == (PairContrastiveLoss, 'sum')
    assert [type(step) for step in model.alignment_head.map_transforms] == [MinMaxHeat]
    inputs = {'image': torch.randn(2, 3, 256, 256), 'spectrogram': torch.randn(2, 1, 101, 64)}
    samples = [AVDataSample(metainfo={'clip_id': name}, gt_tags=torch.eye(15)[0]) for name in 'ab']
    losses = model(inputs, samples, mode='loss')
    assert set(losses) == {'loss_audio_tag', 'loss_visual_tag', 'loss_avc', 'loss_alignment'}
    assert all(loss.isfinite() for loss in losses.values())
    model.eval()
    with torch.no_grad():
        (maps, _) = (sample.pred_maps.data for sample in model(inputs, samples, mode='predict'))
    assert maps.shape[1:] == (8, 8)
    assert (maps.amin(), maps.amax()) == (0, 1)


def test_without_the_command_the_differences_are_those_of_the_page():
    model = built([])
    with torch.no_grad():
        visual = model.visual_backbone(torch.zeros(1, 3, 256, 256))
        embedded = model.avc_head.visual_branch(visual[0])
    assert [tuple(x.shape[-2:]) for x in (*visual, embedded)] == [(16, 16)] * 3
    assert model.data_preprocessor.spectrogram.n_fft == 1024
    assert (model.valid, model.valid_threshold) == ('tags', 0.3)
    assert model.avc_head.pooling == 'max'
    loss, (heat,) = model.alignment_head.loss_fn, model.alignment_head.map_transforms
    assert (loss.reduction, loss.margin, loss.absent_weight) == ('mean', 1.0, 0.0)
    assert (type(heat).__name__, heat.temperature) == ('ExponentialHeat', 0.2)
