import pytest
import torch

from mmavl.engine.autocast import has_fast_bfloat16, resolve_dtype


def pretend_cpu(monkeypatch, **capabilities):
    monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: capabilities, raising=False)


@pytest.mark.parametrize('feature', ['amx_bf16', 'avx512_bf16', 'bf16'])
def test_a_cpu_with_matrix_instructions_takes_bfloat16(monkeypatch, feature):
    pretend_cpu(monkeypatch, avx2=True, **{feature: True})
    assert has_fast_bfloat16('cpu')
    assert resolve_dtype('auto', 'cpu') == torch.bfloat16


def test_a_cpu_without_takes_float32_unless_told_otherwise(monkeypatch):
    pretend_cpu(monkeypatch, avx2=True, avx512_f=True, amx_bf16=False)
    assert resolve_dtype('auto', 'cpu') == torch.float32
    assert resolve_dtype('bfloat16', 'cpu') == torch.bfloat16


def test_a_torch_that_cannot_tell_means_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, 'get_capabilities', raising=False)
    assert not has_fast_bfloat16('cpu')


def test_cuda_is_asked_without_emulation(monkeypatch):
    asked = {}
    monkeypatch.setattr(
        torch.cuda, 'is_bf16_supported', lambda **kwargs: bool(asked.update(kwargs)) or True
    )
    assert has_fast_bfloat16('cuda')
    assert asked == {'including_emulation': False}


def test_other_devices_take_float32():
    assert resolve_dtype('auto', 'mps') == torch.float32


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="not 'half'"):
        resolve_dtype('half', 'cpu')
