import math

import pytest
import torch

from mmavl.evaluation.functional import consensus_iou


def grid(rows):
    return torch.tensor(rows, dtype=torch.float32)


def test_half_weights_count_half_inside_and_false_pixels_count_whole():
    mask = torch.tensor([[1, 1], [1, 0]], dtype=torch.bool)
    reference = grid([[1, 0.5], [0, 1]])
    # covered 1.5, reference 2.5, one pixel outside
    assert consensus_iou(mask, reference).item() == pytest.approx(1.5 / 3.5)


def test_a_pixel_of_half_weight_is_not_outside():
    mask = torch.tensor([[True, False]])
    assert consensus_iou(mask, grid([[0.5, 1]])).item() == pytest.approx(0.5 / 1.5)


def test_against_the_formula_on_random_input():
    torch.manual_seed(0)
    masks = torch.rand(5, 3, 7, 9) > 0.5
    references = (torch.rand(5, 3, 7, 9) * 3).floor() / 2
    result = consensus_iou(masks, references)
    assert result.shape == (5, 3)
    for i in range(5):
        for j in range(3):
            p, g = masks[i, j].double(), references[i, j].double()
            expected = (p * g).sum() / (g.sum() + (p * (g == 0)).sum())
            assert result[i, j].item() == pytest.approx(expected.item(), abs=1e-12)


def test_leading_dimensions_broadcast():
    masks = torch.ones(4, 2, 2, dtype=torch.bool)
    assert consensus_iou(masks, grid([[1, 1], [0, 0]])).tolist() == [0.5] * 4


def test_empty_reference_is_zero_with_a_mask_and_undefined_without():
    reference = torch.zeros(2, 2, 2)
    masks = torch.stack([torch.ones(2, 2), torch.zeros(2, 2)])
    result = consensus_iou(masks, reference)
    assert result[0].item() == 0
    assert math.isnan(result[1].item())


def test_empty_mask_on_a_reference_is_zero():
    assert consensus_iou(torch.zeros(2, 2, dtype=torch.bool), torch.ones(2, 2)).item() == 0


def test_seven_of_ten_pixels_is_exactly_the_double_0_7():
    mask = torch.arange(10).view(1, 10) < 7
    assert consensus_iou(mask, torch.ones(1, 10)).item() == 0.7


def test_boolean_reference_is_taken_as_weights():
    mask = torch.tensor([[True, True, False]])
    assert consensus_iou(mask, torch.tensor([[True, False, True]])).item() == pytest.approx(1 / 3)


def test_a_heat_map_in_place_of_a_mask_is_refused():
    with pytest.raises(ValueError, match='binarise'):
        consensus_iou(torch.full((2, 2), 0.4), torch.ones(2, 2))


def test_another_grid_is_refused():
    with pytest.raises(ValueError, match=r'\(2, 2\).*\(1, 2\)'):
        consensus_iou(torch.ones(2, 2).bool(), torch.ones(1, 2))
