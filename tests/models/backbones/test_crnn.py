import torch

from mmavl.models.backbones import CRNN


def test_gives_f_a_of_the_design():
    assert CRNN().eval()(torch.randn(2, 1, 251, 64)).shape == (2, 512, 62, 2)


def test_is_local_in_time():
    # 5 blocks of 3x3 with pooling by 2, 2, 1, 1, 1 see 46 frames at most
    model, sound = CRNN().eval(), torch.zeros(1, 1, 256, 64)
    changed = sound.clone()
    changed[..., 200:, :] = 5.0
    first, second = model(sound), model(changed)
    torch.testing.assert_close(first[:, :, :40], second[:, :, :40])
    assert not torch.allclose(first[:, :, 50:], second[:, :, 50:])
