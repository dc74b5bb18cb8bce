import pytest
import torch

from mmavl.models.backbones import CachedBackbone

CRNN = {'type': 'CRNN', 'channels': (2, 2, 2, 2, 3)}


def test_stays_frozen_and_in_evaluation_mode():
    cached = CachedBackbone(CRNN).train()
    assert not any(m.training for m in cached.modules())
    assert not any(p.requires_grad for p in cached.parameters())
    sound = torch.randn(2, 1, 32, 64)
    before = cached(sound)
    assert torch.equal(before, cached(sound))  # batch statistics would have moved
    assert not before.requires_grad


def test_fingerprint_follows_the_weights_and_the_structure():
    torch.manual_seed(0)
    first = CachedBackbone(CRNN)
    torch.manual_seed(0)
    same = CachedBackbone(CRNN)
    assert first.fingerprint() == same.fingerprint()
    torch.manual_seed(0)
    other = CachedBackbone({**CRNN, 'pools': ((2, 2), (2, 2), (1, 2), (1, 2), (2, 2))})
    assert other.fingerprint() != first.fingerprint()
    with torch.no_grad():
        same.backbone[0][0].weight[0, 0, 0, 0] += 1e-6
    assert same.fingerprint() != first.fingerprint()


def test_a_backbone_with_two_maps_is_refused():
    cached = CachedBackbone({'type': 'TimmBackbone'})
    with pytest.raises(ValueError, match='TimmBackbone returns 2 maps'):
        cached(torch.randn(1, 3, 32, 32))
