import math

import pytest
import torch

from mmavl.models.heads import AlignmentHead
from mmavl.models.localizers.alignment_slots import agreement, fit, unclaimed_slots


@pytest.fixture
def scene():
    """Two images of 4 x 5 cells; clip 0 sounds of classes 0 and 2, clip 1 of class 1."""
    torch.manual_seed(0)
    head = AlignmentHead(in_channels=6, hidden=8, embed_dim=4, num_classes=3)
    pairs = torch.tensor([[0, 0], [0, 2], [1, 1]])
    return head, torch.randn(2, 6, 4, 5), torch.randn(3, 6), pairs


def distance(head, embedded, sound, label, clip, u, v):
    heard = head.project_audio(sound[None], torch.tensor([label]))[0]
    seen = head.project_visual(embedded[clip, :, u, v])
    return (heard - seen).square().sum().sqrt()


def test_fit_is_eq8_of_each_sound_on_its_own_image(scene):
    head, embedded, sounds, pairs = scene
    maps = fit(head, embedded, sounds, pairs)
    assert not maps.requires_grad
    for index, (clip, label) in enumerate(pairs.tolist()):
        expected = -distance(head, embedded, sounds[index], label, clip, 2, 3)
        torch.testing.assert_close(maps[index, 2, 3], expected.detach())


def test_a_pair_without_a_sound_agrees_everywhere(scene):
    head, embedded, sounds, pairs = scene
    asked = torch.tensor([[0, 1], [1, 1]])
    found = agreement(head, embedded, sounds, pairs, asked, 0.5)
    assert (found[0] == 1).all()
    assert found[1].max() == 1
    assert found[1].min() < 1


def test_slots_are_of_the_best_fitting_unclaimed_cells(scene):
    head, embedded, sounds, pairs = scene
    unclaimed = torch.zeros(2, 4, 5)
    unclaimed[0, 0, 1] = unclaimed[0, 3, 4] = 1
    slots, rows = unclaimed_slots(head, embedded, sounds, pairs, unclaimed)
    assert rows.tolist() == [0, 1]  # clip 1 is claimed all over
    for index, label in ((0, 0), (1, 2)):
        cells = [(0, 1), (3, 4)]
        far = [distance(head, embedded, sounds[index], label, 0, *cell).item() for cell in cells]
        weights = [math.exp(-d / 0.2) for d in far]
        expected = sum(w * embedded[0, :, u, v] for w, (u, v) in zip(weights, cells))
        torch.testing.assert_close(slots[index], expected / sum(weights), atol=1e-5, rtol=1e-4)
