import torch
from mmengine.registry import init_default_scope

from mmavl.models.heads import CosineAlignmentHead


def make_head():
    init_default_scope('mmavl')
    torch.manual_seed(0)
    return CosineAlignmentHead(in_channels=4, hidden=8, embed_dim=3)


def test_the_map_is_the_cosine_where_it_is_positive():
    audio = torch.tensor([[0.6, 0.8, 0.0]])
    grid = torch.tensor([[[[0.6, 0.8, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]]])
    found = make_head().heat_maps(audio, grid)
    torch.testing.assert_close(found, torch.tensor([[[1.0, 0.8, 0.0]]]))


def test_nothing_heard_gives_a_map_of_nothing():
    head = make_head()
    grid = head.project_grid(torch.randn(1, 4, 2, 2))
    sound = head.project_audio(torch.zeros(1, 4), torch.tensor([0]))
    assert head.heat_maps(sound, grid).tolist() == [[[0.0, 0.0], [0.0, 0.0]]]


def test_projections_do_not_depend_on_the_scale():
    head = make_head()
    sound, classes = torch.randn(2, 4), torch.tensor([0, 1])
    once, fivefold = (head.project_audio(scale * sound, classes) for scale in (1, 5))
    torch.testing.assert_close(once, fivefold)


def test_negatives_are_pushed_to_a_distance_of_1_4():
    head = make_head()
    audio = torch.eye(3)[:1]
    far, near = torch.tensor([[-1.0, 0, 0]]), torch.tensor([[0.6, 0.8, 0]])
    apart = torch.zeros(1, 1, dtype=torch.bool)
    assert head.loss_fn(audio, far, apart).item() == 0
    distance = (2 - 2 * 0.6) ** 0.5
    torch.testing.assert_close(
        head.loss_fn(audio, near, apart), torch.tensor((1.4 - distance) ** 2)
    )
