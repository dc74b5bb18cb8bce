import torch
from torch.nn import functional as F

from mmavl.models.heads import AlignmentHead, ClassMaps, claimed_area, weighted_pool
from mmavl.models.heads.alignment_head import sound_similarity
from mmavl.models.losses import BaseAlignmentLoss
from mmavl.models.map_transforms import smooth_maps


def test_distance_maps_are_eq8():
    torch.manual_seed(0)
    head = AlignmentHead(in_channels=6, hidden=8, embed_dim=4)
    pooled, embedded = torch.randn(2, 6), torch.randn(2, 6, 3, 3)

    def g(layers, vector):
        hidden = layers[0].weight @ vector + layers[0].bias
        projected = layers[2].weight @ hidden.clamp_min(0) + layers[2].bias
        return projected / projected.square().sum().sqrt()

    expected = torch.zeros(2, 3, 3)
    for pair in range(2):
        sound = g(head.audio_projection, pooled[pair])
        for u in range(3):
            for v in range(3):
                place = g(head.visual_projection, embedded[pair, :, u, v])
                expected[pair, u, v] = -(sound - place).square().sum().sqrt()
    maps = head.distance_maps(
        head.project_audio(pooled, torch.zeros(2).long()), head.project_grid(embedded)
    )
    torch.testing.assert_close(maps, expected)


def test_heat_is_what_the_transforms_make_of_distances():
    sound, grid = torch.randn(1, 4), torch.randn(1, 4, 5, 4)
    maps = AlignmentHead(in_channels=4).distance_maps(sound, grid)
    torch.testing.assert_close(
        AlignmentHead(in_channels=4).heat_maps(sound, grid), (maps / 0.2).exp()
    )
    transforms = [{'type': 'SmoothMaps'}, {'type': 'ExponentialHeat', 'temperature': 0.7}]
    head = AlignmentHead(in_channels=4, map_transforms=transforms)
    torch.testing.assert_close(head.heat_maps(sound, grid), (smooth_maps(maps, 3) / 0.7).exp())


def test_a_sound_is_projected_with_the_vector_of_its_class():
    head = AlignmentHead(in_channels=4, num_classes=3)
    pooled, classes = torch.randn(2, 4), torch.tensor([2, 0])
    projected = head.project_audio(pooled, classes)
    shifted = pooled + head.class_embedding.weight[classes]
    torch.testing.assert_close(projected, F.normalize(head.audio_projection(shifted), dim=-1))
    assert not torch.allclose(projected, head.project_audio(pooled, classes.flip(0)))


def spying(head, **needs):
    """The head's loss becomes one that keeps what it is given."""

    class Spy(BaseAlignmentLoss):
        def forward(self, audio, visual, positive, **extras):
            self.given = {'audio': audio, 'visual': visual, 'positive': positive, **extras}
            return audio.sum()

    head.loss_fn = Spy()
    for name in needs:
        setattr(head.loss_fn, f'needs_{name}', True)
    return head


def maps_of(pairs, channels=4, clips=2):
    return ClassMaps(torch.randn(clips, channels, 3, 3), torch.rand(len(pairs), 3, 3), pairs)


def test_loss_takes_same_clip_and_same_class_as_positive_only():
    head = spying(AlignmentHead(in_channels=4))
    sounds = maps_of(torch.tensor([[0, 1], [1, 1], [1, 2]]))
    head.loss(sounds, maps_of(torch.tensor([[0, 1], [0, 2], [1, 2]])))
    assert head.loss_fn.given['positive'].tolist() == [
        [True, False, False],
        [False, False, False],
        [False, False, True],
    ]
    torch.testing.assert_close(  # Eq. 5 and 6
        head.loss_fn.given['audio'],
        head.project_audio(
            weighted_pool(sounds.features, sounds.maps, sounds.clips), sounds.classes
        ),
    )


def test_the_loss_is_weighted():
    sounds = maps_of(torch.tensor([[0, 1], [1, 1]]))
    once, thrice = (
        spying(AlignmentHead(in_channels=4, loss_weight=weight)) for weight in (1.0, 3.0)
    )
    thrice.load_state_dict(once.state_dict())
    torch.testing.assert_close(thrice.loss(sounds, sounds), 3 * once.loss(sounds, sounds))


def test_a_loss_gets_what_it_asks_for_and_no_more():
    sounds, objects = maps_of(torch.tensor([[0, 1], [1, 0]])), maps_of(every := all_pairs(2, 3))
    visible = torch.tensor([False, True, True, True, False, False])
    features = torch.rand(2, 6, 3, 3)
    head = spying(AlignmentHead(in_channels=4))
    head.loss(sounds, objects, visible, features)
    assert set(head.loss_fn.given) == {'audio', 'visual', 'positive'}
    head = spying(AlignmentHead(in_channels=4), absent=1, background=1, similarity=1)
    head.loss(sounds, objects, visible, features)
    given = head.loss_fn.given
    slots = weighted_pool(objects.features, objects.maps, objects.clips)
    torch.testing.assert_close(given['absent'], head.project_visual(slots[~visible]))
    torch.testing.assert_close(given['visual'], head.project_visual(slots[visible]))
    claimed = claimed_area(objects.maps[visible], every[visible, 0], 2)
    background = weighted_pool(objects.features, 1 - claimed)
    torch.testing.assert_close(given['background'], head.project_visual(background))
    pooled = weighted_pool(features, sounds.maps, sounds.clips)
    torch.testing.assert_close(given['similarity'], sound_similarity(pooled, sounds.classes))


def test_a_loss_of_ones_own_names_only_what_it_uses():
    class Own(BaseAlignmentLoss):
        needs_background = True

        def forward(self, audio, visual, positive, background):
            return (audio @ background.T).mean()

    head = AlignmentHead(in_channels=4)
    head.loss_fn = Own()
    assert head.loss(maps_of(torch.tensor([[0, 1]])), maps_of(torch.tensor([[0, 1]]))).isfinite()


def all_pairs(clips, classes):
    return torch.ones(clips, classes).nonzero()


def test_sounds_are_alike_by_what_their_class_has_not_in_common():
    heard = torch.tensor([[4.0, 0.0], [0.0, 4.0], [-1.0, 9.0], [16.0, 0.0]])
    found = sound_similarity(heard, torch.tensor([0, 0, 1, 0]))
    # roots of class 0: (2, 0), (0, 2), (4, 0); less their mean (2, 2/3): (0, -1), (-3, 2), (3, -1)
    none = -torch.inf
    expected = torch.tensor(
        [
            [none, -2 / 13**0.5, none, 1 / 10**0.5],
            [-2 / 13**0.5, none, none, -11 / 130**0.5],
            [none, none, none, none],
            [1 / 10**0.5, -11 / 130**0.5, none, none],
        ]
    )
    torch.testing.assert_close(found, expected)


def test_sounds_and_objects_are_compared_in_float32_under_autocast_too():
    torch.manual_seed(0)
    loss = {'type': 'PairInfoNCELoss', 'temperature': 0.02, 'absent': True, 'alike': 0.5}
    head = AlignmentHead(in_channels=16, loss=loss)
    given = {}
    head.loss_fn.register_forward_pre_hook(
        lambda module, arguments, extras: given.update(args=arguments, extras=extras),
        with_kwargs=True,
    )
    pairs = all_pairs(32, 2)
    visible = torch.arange(64) % 2 == 0
    maps = ClassMaps(torch.randn(32, 16, 2, 2), torch.rand(64, 2, 2), pairs)
    sounds = ClassMaps(maps.features, maps.maps[visible], pairs[visible])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        found = head.loss(sounds, maps, visible, torch.rand(32, 6, 2, 2).bfloat16())
    expected = head.loss_fn(*given['args'], **given['extras'])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        rough = head.loss_fn(*given['args'], **given['extras'])
    values = [*given['args'], *given['extras'].values()]
    assert {x.dtype for x in values} == {torch.float32, torch.bool}
    assert torch.equal(found, expected)
    assert not torch.isclose(rough.float(), expected, rtol=1e-4)
