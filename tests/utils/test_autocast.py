import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from torch import nn

from mmavl.structures import AVDataSample
from mmavl.utils.autocast import Precision, bfloat16_instructions


def pretend_cpu(monkeypatch, **capabilities):
    monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: capabilities, raising=False)


@pytest.mark.parametrize('feature', ['amx_bf16', 'avx512_bf16', 'bf16'])
def test_a_cpu_with_matrix_instructions_takes_bfloat16_and_says_so(monkeypatch, feature):
    pretend_cpu(monkeypatch, avx2=True, **{feature: True})
    assert bfloat16_instructions('cpu') == feature
    chosen = Precision.choose('auto', 'cpu')
    assert chosen.dtype == torch.bfloat16
    assert str(chosen) == f'in bfloat16: this CPU has {feature}'


def test_a_cpu_without_takes_float32_unless_bfloat16_is_asked_for(monkeypatch):
    pretend_cpu(monkeypatch, avx2=True, avx512_f=True, amx_bf16=False)
    chosen = Precision.choose('auto', 'cpu')
    assert chosen.dtype == torch.float32
    assert str(chosen) == 'in float32: this CPU has no fast bfloat16'
    forced = Precision.choose('bfloat16', 'cpu')
    assert forced.dtype == torch.bfloat16
    assert str(forced).startswith('in bfloat16, as set by dtype=bfloat16; this CPU only emulates')


def test_what_was_asked_for_is_taken_whatever_the_cpu_has(monkeypatch):
    pretend_cpu(monkeypatch, amx_bf16=True)
    assert str(Precision.choose('float32', 'cpu')) == 'in float32, as set by dtype=float32'
    assert str(Precision.choose('bfloat16', 'cpu')) == 'in bfloat16, as set by dtype=bfloat16'


def test_a_torch_that_cannot_tell_means_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, 'get_capabilities', raising=False)
    assert bfloat16_instructions('cpu') == ''


def test_cuda_is_asked_without_emulation(monkeypatch):
    asked = {}
    monkeypatch.setattr(
        torch.cuda, 'is_bf16_supported', lambda **kwargs: bool(asked.update(kwargs)) or True
    )
    assert bfloat16_instructions('cuda')
    assert asked == {'including_emulation': False}
    assert str(Precision.choose('auto', 'cuda:1')) == 'in bfloat16: this GPU has bfloat16 cores'


def test_other_devices_take_float32():
    assert Precision.choose('auto', 'mps').dtype == torch.float32


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="not 'half'"):
        Precision.choose('half', 'cpu')


@pytest.mark.parametrize('name', ['float32', 'bfloat16'])
def test_layers_compute_in_it_and_are_laid_out_for_it(name):
    chosen = Precision.choose(name, 'cpu')
    conv = chosen.prepare(nn.Conv2d(3, 4, 3))
    with chosen.autocast():
        assert conv(torch.rand(1, 3, 5, 5)).dtype == getattr(torch, name)
    assert conv.weight.dtype == torch.float32
    last = conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert last == (name == 'bfloat16')


def test_a_layer_first_used_without_a_gradient_is_still_trained():
    layer = nn.Linear(2, 1)
    with Precision.choose('bfloat16', 'cpu').autocast():
        assert not torch.is_autocast_cache_enabled()
        with torch.no_grad():
            layer(torch.ones(1, 2))
        layer(torch.ones(1, 2)).float().sum().backward()
    assert layer.weight.grad.tolist() == [[1, 1]]


def test_predicted_samples_are_float32_to_the_innermost():
    class Model(nn.Module):
        def forward(self, x, mode):
            y = x.bfloat16()
            if mode == 'loss':
                return {'loss': y}
            boxes = InstanceData(scores=y, labels=torch.zeros(2, dtype=torch.long))
            return [AVDataSample(pred_tags=y, pred_instances=boxes, pred_maps=PixelData(data=y))]

    model = Precision.choose('bfloat16', 'cpu').prepare(Model())
    (sample,) = model(torch.ones(2, 2, 2), mode='predict')
    assert sample.pred_tags.dtype == sample.pred_maps.data.dtype == torch.float32
    assert sample.pred_instances.scores.dtype == torch.float32
    assert sample.pred_instances.labels.dtype == torch.long
    assert model(torch.ones(2), mode='loss')['loss'].dtype == torch.bfloat16
