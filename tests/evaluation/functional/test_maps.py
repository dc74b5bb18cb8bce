import cv2
import pytest
import torch

from mmavl.evaluation.functional import (
    as_scored,
    clip_max,
    min_max,
    resize_maps,
    whole_audio_map,
)


def test_each_map_is_scaled_by_its_own_extremes():
    maps = torch.tensor([[[2.0, 4.0], [3.0, 6.0]], [[-10.0, 0.0], [10.0, 0.0]]])
    assert min_max(maps).tolist() == [[[0, 0.5], [0.25, 1]], [[0, 0.5], [1, 0.5]]]


def test_clip_at_zero_then_divide_by_each_maps_own_maximum():
    maps = torch.tensor([[[-8.0, 2.0], [4.0, 0.0]], [[1.0, 0.5], [0.25, -1.0]]])
    assert clip_max(maps).tolist() == [[[0, 0.5], [1, 0]], [[1, 0.5], [0.25, 0]]]


def test_maps_without_contrast_become_zero_not_nan():
    assert min_max(torch.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]
    assert clip_max(torch.full((2, 2), -7.0)).tolist() == [[0, 0], [0, 0]]


def test_scores_in_range_pass_unchanged_and_others_are_refused():
    scores = torch.tensor([[[0.0, 0.4], [1.0, 0.2]]])
    assert torch.equal(as_scored(scores), scores)
    for wrong in (scores - 0.5, scores * 3):
        with pytest.raises(ValueError, match=r'not in \[0, 1\]'):
            as_scored(wrong)


def test_resizing_is_bilinear_without_aligned_corners():
    torch.manual_seed(0)
    maps = torch.rand(2, 3, 7, 5)
    resized = resize_maps(maps, 32)
    assert resized.shape == (2, 3, 32, 32)
    expected = cv2.resize(maps[1, 2].numpy(), (32, 32), interpolation=cv2.INTER_LINEAR)
    assert resized[1, 2].numpy() == pytest.approx(expected, abs=1e-6)


def test_the_whole_sound_weighs_maps_by_normalised_probability():
    maps = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert whole_audio_map(maps, torch.tensor([0.6, 0.2])).tolist() == [[0.75, 0.25]]


def test_the_whole_sound_without_probability_weighs_equally_and_without_class_is_zero():
    maps = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert whole_audio_map(maps, torch.zeros(2)).tolist() == [[0.5, 0.5]]
    assert whole_audio_map(torch.zeros(0, 1, 2), torch.zeros(0)).tolist() == [[0, 0]]


def test_a_weaker_class_keeps_its_share_of_the_whole_sound():
    # equally probable; as they are, the second map's peak of .2 is below half of the sum's maximum
    maps = torch.tensor([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.2]]])
    equal = torch.tensor([0.5, 0.5])
    assert whole_audio_map(maps, equal).tolist() == [[0.5, 0, 0.5]]
    raw = whole_audio_map(maps, equal, normalise=None)
    assert raw[0].tolist() == pytest.approx([0.5, 0, 0.1])
    # a floor under a map adds nothing but to the raw sum
    floor = torch.tensor([[[0.0, 0.0, 0.0]], [[0.6, 0.6, 0.6]]])
    torch.testing.assert_close(whole_audio_map(maps + floor, equal), whole_audio_map(maps, equal))
    # values that are negative everywhere, as distances are
    assert whole_audio_map(maps - 5, equal)[0].tolist() == pytest.approx([0.5, 0, 0.5])
    assert whole_audio_map(maps - 5, equal, clip_max).tolist() == [[0, 0, 0]]


def test_the_whole_sound_is_batched():
    maps, probabilities = torch.rand(4, 3, 2, 2), torch.rand(4, 3)
    batched = whole_audio_map(maps, probabilities)
    for i in range(4):
        assert torch.allclose(batched[i], whole_audio_map(maps[i], probabilities[i]))


def test_upsamplings_are_those_of_opencv_and_by_hand():
    cells = torch.rand(7, 7, generator=torch.Generator().manual_seed(0))
    for name, flag in (('bilinear', cv2.INTER_LINEAR), ('bicubic', cv2.INTER_CUBIC)):
        expected = cv2.resize(cells.numpy(), (224, 224), interpolation=flag)
        assert resize_maps(cells, 224, name).numpy() == pytest.approx(expected, abs=1e-5)
    line = torch.tensor([[0.0, 1.0]]).expand(2, 2)
    # with corners, the outer cells' centres are those of the outer pixels
    assert resize_maps(line, 5, 'bilinear_corners')[0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    # a cubic with a = -0.75 at a quarter: weights -0.1055 and 0.8789 are left of the step
    row = resize_maps(line, 5, 'bicubic_corners')[0].tolist()
    assert row == pytest.approx([0, 1 - (0.8789 - 0.1055), 0.5, 0.8789 - 0.1055, 1], abs=1e-3)


def test_an_unknown_upsampling_names_the_known_ones():
    with pytest.raises(ValueError, match="'nearest'; known are bilinear, bilinear_corners"):
        resize_maps(torch.zeros(2, 2), 4, 'nearest')
