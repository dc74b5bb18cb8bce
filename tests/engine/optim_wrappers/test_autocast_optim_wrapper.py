import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmavl.engine.optim_wrappers import AutocastOptimWrapper, autocast_optim_wrapper


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 1))


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)


def step(wrapper, model, x):
    wrapper.initialize_count_status(model, 0, 1)
    with wrapper.optim_context(model):
        out = model(x)
    wrapper.update_params(out.float().square().mean())
    return out


def test_bfloat16_computes_in_bfloat16_and_updates_float32_weights(model):
    wrapper = AutocastOptimWrapper(dtype='bfloat16', optimizer=sgd(model))
    before = model[0].weight.clone()
    out = step(wrapper, model, torch.rand(2, 3, 4, 4))
    assert out.dtype == torch.bfloat16
    assert model[0].weight.dtype == torch.float32
    assert not torch.equal(model[0].weight, before)
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_bfloat16_step_is_close_to_the_float32_step(model):
    x = torch.rand(2, 3, 4, 4)
    exact = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 1))
    exact.load_state_dict(model.state_dict())
    start = model[2].weight.detach().clone()
    step(AutocastOptimWrapper(dtype='bfloat16', optimizer=sgd(model)), model, x)
    step(OptimWrapper(optimizer=sgd(exact)), exact, x)
    moved, expected = model[2].weight - start, exact[2].weight - start
    assert torch.allclose(moved, expected, rtol=0.05, atol=1e-4)


def test_float32_is_the_plain_wrapper(model):
    wrapper = AutocastOptimWrapper(dtype='float32', optimizer=sgd(model))
    out = step(wrapper, model, torch.rand(2, 3, 4, 4))
    assert out.dtype == torch.float32
    assert not model[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_auto_follows_the_machine(model, monkeypatch):
    monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: {'amx_bf16': True}, raising=False)
    assert AutocastOptimWrapper(optimizer=sgd(model)).precision.dtype == torch.bfloat16
    monkeypatch.setattr(torch.cpu, 'get_capabilities', dict, raising=False)
    assert AutocastOptimWrapper(optimizer=sgd(model)).precision.dtype == torch.float32


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_the_log_says_what_training_computes_in_and_why(model, dtype, monkeypatch):
    said = []
    monkeypatch.setattr(
        autocast_optim_wrapper, 'print_log', lambda line, logger: said.append(line)
    )
    AutocastOptimWrapper(dtype=dtype, optimizer=sgd(model))
    assert len(said) == 1
    assert said[0].startswith(f'Training computes in {dtype}, as set by dtype={dtype}')
