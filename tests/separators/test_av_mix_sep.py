import torch


def test_the_loss_falls(build_peer, make_batch, losses_of):
    losses = losses_of(build_peer('AVMixSep'), make_batch())
    assert losses[-1] < 0.8 * losses[0]


def test_what_counts_is_the_mean_over_the_sources_own_frame(build_peer, make_batch):
    model = build_peer('AVMixSep').eval()
    model.visual_neck = torch.nn.Identity()
    inputs, _ = make_batch()
    seen = torch.rand(4, 6, 3, 3, generator=torch.Generator().manual_seed(0))
    inputs['image_features'] = seen
    mixture = model.warped(inputs['mixture'])
    with torch.no_grad():
        before = model.logits(inputs, mixture)
        inputs['image_features'] = seen.flip(2, 3)
        assert torch.allclose(model.logits(inputs, mixture), before, atol=1e-5)
        inputs['image_features'] = seen.clone()
        inputs['image_features'][3] += 1.0
        changed = (model.logits(inputs, mixture) - before).abs().amax((1, 2)) > 1e-4
    assert changed.tolist() == [False, False, False, True]


def test_silence_gives_silence_of_the_same_length(build_peer, make_batch):
    model = build_peer('AVMixSep').eval()
    inputs, _ = make_batch(length=300)
    inputs['mixture'][0] = 0
    with torch.no_grad():
        found = model.estimate(inputs)
    assert found.shape == (4, 300)
    assert found[:2].abs().max() == 0
    assert torch.isfinite(found).all()
