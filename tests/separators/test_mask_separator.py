import pytest
import torch

from mmavl.separators.mask_separator import MaskSeparator

#: A U-Net that halves 3 times works on blocks of 8 frames.
BLOCK = 8 * 256


@pytest.mark.parametrize('mask', ['binary', 'ratio'])
def test_masks_and_losses_of_bfloat16_logits_are_float32(build, mask, monkeypatch):
    model = build(mask=mask, threshold=None)
    exact = type(model).logits
    monkeypatch.setattr(type(model), 'logits', lambda self, *a: exact(self, *a).bfloat16())
    waves = torch.rand(2, 4 * BLOCK - 1) / 2
    inputs = {'sources': waves, 'mixture': waves.sum(0, keepdim=True)}
    inputs['index'] = torch.zeros(2, dtype=torch.long)
    with torch.autocast('cpu', torch.bfloat16):
        masks, losses = model.masks(inputs), model.loss(inputs, [])
    assert masks.dtype == losses['loss_mask'].dtype == torch.float32
    expected = model.activate(torch.tensor([-2.0, 0.5]))  # exact in bfloat16
    torch.testing.assert_close(masks[:, 0, 0], expected)


@pytest.fixture
def build():
    class Constant(MaskSeparator):
        def logits(self, inputs, mixture):
            return torch.tensor([-2.0, 0.5])[:, None, None].expand(2, *mixture.shape[1:])

    def make(**options):
        unet = {'type': 'SeparationUNet', 'channels': 2, 'levels': 3}
        return Constant(unet=unet, window=4 * BLOCK - 1, rows=16, **options)

    return make


@pytest.fixture
def inputs():
    wave = torch.randn(1, 1000, generator=torch.Generator().manual_seed(0))
    return {'mixture': wave, 'index': torch.tensor([0, 0])}


def test_a_binary_mask_is_thresholded_or_applied_as_it_is(build, inputs):
    assert build().masks(inputs)[:, 0, 0].tolist() == [0, 1]
    assert build(threshold=0.7).masks(inputs)[:, 0, 0].tolist() == [0, 0]
    soft = build(threshold=None).masks(inputs)[:, 0, 0]
    torch.testing.assert_close(soft, torch.tensor([-2.0, 0.5]).sigmoid())


def test_masks_are_shared_on_demand(build):
    index = torch.tensor([0, 0])
    inputs = {'mixture': torch.ones(1, BLOCK - 1), 'index': index}
    found = build(share=True, threshold=None).masks(inputs)[:, 0, 0]
    torch.testing.assert_close(found, torch.tensor([-2.0, 0.5]).softmax(0))


@pytest.mark.parametrize(
    ('length', 'padded'),
    [
        (1, BLOCK - 1),
        (BLOCK - 1, BLOCK - 1),
        (BLOCK, 2 * BLOCK - 1),
        (4 * BLOCK - 1, 4 * BLOCK - 1),
    ],
)
def test_mixtures_are_padded_to_what_the_u_net_can_halve(build, length, padded):
    assert build().padded(torch.ones(1, length)).shape == (1, padded)


def test_a_mixture_longer_than_the_window_is_refused(build):
    with pytest.raises(ValueError, match='exceed the window'):
        build().padded(torch.ones(1, 4 * BLOCK))


def test_an_unknown_mask_is_refused(build):
    with pytest.raises(ValueError, match="'soft'"):
        build(mask='soft')
