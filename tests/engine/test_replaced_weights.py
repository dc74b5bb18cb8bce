import pytest
import torch
from mmengine.registry import DefaultScope
from torch import nn

import mmavl.models  # noqa: F401  registers them
from mmavl.engine.config import load_config
from mmavl.engine.replaced_weights import without_replaced
from mmavl.engine.runner import AVRunner
from mmavl.registry import MODELS
from mmavl.utils import hub
from mmavl.utils.shipped import find_config


class Part(nn.Module):
    def __init__(self, size, pretrained=False):
        super().__init__()
        assert not pretrained, 'asked the hub'
        self.layer = nn.Linear(size, 1)


class Model(nn.Module):
    def __init__(self, visual, audio):
        super().__init__()
        self.visual, self.audio = Part(**visual), Part(**audio)


CONFIG = {'visual': {'size': 2, 'pretrained': True}, 'audio': {'size': 3, 'pretrained': True}}


def build(config):
    return Model(**config)


def state_of(**sizes):
    plain = {name: {'size': size} for name, size in sizes.items()}
    return build({'visual': {'size': 9}, 'audio': {'size': 9}, **plain}).state_dict()


def asks(state, without=()):
    config = without_replaced(CONFIG, state, without, build)
    return {name for name, part in config.items() if part['pretrained']}


def test_parts_that_a_checkpoint_has_whole_ask_for_nothing():
    assert asks(state_of(visual=2, audio=3)) == set()
    assert asks(state_of(visual=2, audio=4)) == {'audio'}
    assert asks({}) == {'visual', 'audio'}


def test_a_part_of_which_the_checkpoint_has_some_asks():
    state = state_of(visual=2, audio=3)
    del state['visual.layer.bias']
    assert asks(state) == {'visual'}


def test_parts_that_are_not_taken_from_the_checkpoint_fetch_their_weights():
    assert asks(state_of(visual=2, audio=3), ['visual']) == {'visual'}
    assert asks(state_of(visual=2, audio=3), ['visual.layer.bias']) == {'visual'}


def test_a_resumed_run_asks_for_nothing():
    assert asks(None) == set()


def test_the_config_stays_as_it_is_and_so_do_the_random_numbers():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    asks(state_of(visual=2, audio=3))  # state_of itself draws
    torch.manual_seed(0)
    state = {}
    asks(state)
    assert torch.equal(torch.rand(3), expected)
    assert CONFIG['visual']['pretrained'] is True


def test_a_model_that_asks_for_nothing_is_not_built():
    config = {'visual': {'size': 2}}
    assert without_replaced(config, {}, (), None) is config


def test_the_released_variants_second_stage_asks_no_hub_for_what_its_first_has(
    tmp_path, monkeypatch
):
    with DefaultScope.overwrite_default_scope('mmavl'):
        cfg = load_config(find_config('stage2_flickr_released'))
        without_hub = load_config(
            find_config('stage2_flickr_released'), {'model.visual_backbone.pretrained': False}
        )
        first = MODELS.build(without_hub.model).state_dict()
        first = {f'module.{k}': v for k, v in first.items() if 'alignment_head' not in k}
        torch.save({'state_dict': first}, tmp_path / 'epoch_20.pth')
        asked = []
        monkeypatch.setattr(hub, '_problem', lambda endpoint: asked.append(endpoint) or 'no hub')
        runner = AVRunner.__new__(AVRunner)  # a whole one would read the data
        runner.cfg, runner._resume = cfg, False
        runner._load_from = str(tmp_path / 'epoch_20.pth')
        assert isinstance(runner.build_model(cfg.model), nn.Module)
        assert asked == []
        torch.save({'state_dict': {}}, tmp_path / 'epoch_20.pth')
        with pytest.raises(ConnectionError, match='no hub'):
            runner.build_model(cfg.model)
