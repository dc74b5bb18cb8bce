import torch

from mmavl.models.backbones import FrozenBackbone, TimmBackbone


def test_gives_all_maps_of_the_backbone_without_gradients_or_batch_statistics():
    frozen = FrozenBackbone({'type': 'TimmBackbone'}).train()
    own = TimmBackbone().eval()
    own.load_state_dict(frozen.backbone.state_dict())
    image = torch.randn(2, 3, 32, 32)
    maps = frozen(image)
    assert frozen.out_channels == [256, 512]
    assert not any(m.requires_grad for m in maps)
    for found, expected in zip(maps, own(image)):
        torch.testing.assert_close(found, expected)
