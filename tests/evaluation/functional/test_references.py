import pytest
import torch

from mmavl.evaluation.functional import consensus_reference, union_reference, xywh_to_xyxy


def extent(mask):
    """First and last row, first and last column of what is set."""
    rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
    return rows[0].item(), rows[-1].item(), columns[0].item(), columns[-1].item()


def test_edges_are_cut_down_to_whole_pixels_and_the_last_is_exclusive():
    boxes = torch.tensor([[0.1, 0.2, 0.5, 0.999]], dtype=torch.float64)
    mask = union_reference(boxes, 256)
    # int(25.6) : int(128), int(51.2) : int(255.7)
    assert extent(mask) == (51, 254, 25, 127)
    assert mask.sum().item() == (128 - 25) * (255 - 51)


def test_overlapping_boxes_are_counted_once():
    boxes = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.25, 0.25, 0.75, 0.75]])
    assert union_reference(boxes, 8).sum().item() == 16 + 16 - 4


def test_batched_boxes_and_none():
    boxes = torch.tensor([[[0.0, 0.0, 0.5, 1.0]], [[0.5, 0.0, 1.0, 0.5]]])
    assert union_reference(boxes, 4).sum((-2, -1)).tolist() == [8, 4]
    assert union_reference(torch.zeros(0, 4), 4).sum().item() == 0


def test_parts_outside_the_frame_are_cut_off():
    boxes = torch.tensor([[-0.5, 0.5, 0.25, 1.7]])
    assert extent(union_reference(boxes, 4)) == (2, 3, 0, 0)


def test_float_noise_does_not_move_an_edge():
    edge = torch.tensor(9.0) / 224  # times 224 it is 8.9999999
    assert edge.double().item() * 224 < 9
    mask = union_reference(torch.tensor([[0.0, 0.0, edge, 1.0]]), 224)
    assert mask.any(0).sum().item() == 9


def test_xywh_read_as_xyxy_is_refused_and_converted_is_right():
    xywh = torch.tensor([[0.5, 0.5, 0.25, 0.25]])
    with pytest.raises(ValueError, match='xyxy, not xywh'):
        union_reference(xywh, 8)
    assert extent(union_reference(xywh_to_xyxy(xywh), 8)) == (4, 5, 4, 5)


def test_two_annotators_agree_fully_and_one_alone_counts_half():
    boxes = torch.tensor([[1.0, 1, 101, 201], [51.0, 101, 151, 256], [51.0, 101, 101, 201]])
    reference = consensus_reference(boxes)
    assert reference.shape == (256, 256)
    assert reference[0, 0].item() == 0.5  # indices are one-based
    assert reference[199, 49].item() == 0.5
    assert reference[200, 49].item() == 0  # and the end is exclusive
    assert reference[150, 75].item() == 1  # three boxes are clipped to 1
    assert reference[150, 100].item() == 0.5
    assert reference[254, 140].item() == 0.5
    assert reference[255, 140].item() == 0


def test_lvs_scales_to_224_without_an_offset():
    reference = consensus_reference(torch.tensor([[83.0, 108, 167, 256]]), 'lvs')
    assert reference.shape == (224, 224)
    # int(224 * 83 / 256) = 72, int(94.5) = 94, int(146.1) = 146, 224
    assert extent(reference > 0) == (94, 223, 72, 145)
    assert reference.max().item() == 0.5


def test_a_coordinate_of_zero_does_not_wrap_around():
    reference = consensus_reference(torch.tensor([[0.0, 0, 3, 3]]))
    assert reference.sum().item() == 4 * 0.5


def test_unknown_rounding_is_refused():
    with pytest.raises(ValueError, match="'original' and 'lvs'"):
        consensus_reference(torch.zeros(1, 4), 'nearest')
