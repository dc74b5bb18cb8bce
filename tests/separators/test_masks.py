import torch

from mmavl.separators import signal
from mmavl.separators.masks import apply_masks, share_masks


def test_shared_masks_are_the_softmax_of_a_mixtures_logits():
    logits = torch.tensor([1.0, -2.0, 0.5, 3.0])[:, None, None]
    index = torch.tensor([0, 0, 0, 1])
    found = share_masks(logits.sigmoid(), index, probabilities=True)[:, 0, 0]
    torch.testing.assert_close(found[:3], logits[:3, 0, 0].softmax(0))
    torch.testing.assert_close(found[3], torch.tensor(3.0).sigmoid())  # alone: its own


def test_sure_masks_of_bfloat16_are_shared_as_well():
    masks = torch.tensor([1.0, 0.0, 1.0, 1.0], dtype=torch.bfloat16)[:, None, None]
    found = share_masks(masks, torch.tensor([0, 0, 1, 1]), probabilities=True)[:, 0, 0]
    torch.testing.assert_close(found, torch.tensor([1.0, 0.0, 0.5, 0.5]), atol=1e-5, rtol=0)


def test_shared_ratio_masks_are_divided_by_their_sum():
    masks = torch.tensor([0.5, 1.5, 0.0, 0.0])[:, None, None]
    found = share_masks(masks, torch.tensor([0, 0, 1, 1]))
    assert found[:, 0, 0].tolist() == [0.25, 0.75, 0, 0]


def test_a_mask_of_ones_gives_the_mixture_and_one_of_zeros_nothing():
    mixtures = torch.rand(2, 16 * signal.HOP - 1, generator=torch.Generator().manual_seed(0))
    index = torch.tensor([1, 0, 1])
    masks = torch.tensor([1.0, 1.0, 0.0])[:, None, None].expand(-1, 32, 16)
    waves = apply_masks(masks, mixtures, index)
    torch.testing.assert_close(waves[:2], mixtures[[1, 0]], atol=1e-5, rtol=0)
    assert waves[2].abs().max() == 0
