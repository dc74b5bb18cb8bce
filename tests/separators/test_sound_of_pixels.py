import pytest
import torch


@pytest.fixture
def build(build_peer):
    def make(**options):
        synthesizer = {'type': 'LinearSynthesizer', 'channels': 5}
        return build_peer('SoundOfPixels', {'out_channels': 5}, synthesizer=synthesizer, **options)

    return make


@pytest.mark.parametrize('mask', ['binary', 'ratio'])
def test_the_loss_falls(build, make_batch, losses_of, mask):
    losses = losses_of(build(mask=mask), make_batch())
    assert losses[-1] < 0.8 * losses[0]


def test_a_channel_counts_as_much_as_the_pixel_that_asks_for_it_most(build):
    model = build().eval()
    model.visual_neck = torch.nn.Identity()
    with torch.no_grad():
        model.pixels.weight.zero_()
        model.pixels.bias.zero_()
        model.pixels.weight[1, 0] = 1.0
        model.pixels.weight[2, 3] = -1.0
    seen = torch.zeros(2, 6, 4, 4)
    seen[0, 0, 2, 1] = 3.0
    seen[0, 3] = 7.0
    weights = model.weights({'image_features': seen})
    expected = torch.tensor([[0.0, 3.0, -7.0, 0.0, 0.0], [0.0] * 5]).sigmoid()
    torch.testing.assert_close(weights, expected)


def test_a_frame_says_only_what_its_own_source_sounds_like(build, make_batch):
    model = build().eval()
    inputs, samples = make_batch(counts=(1, 3))
    mixture = model.warped(inputs['mixture'])
    with torch.no_grad():
        before = model.logits(inputs, mixture)
        inputs['image'][2] += 1.0
        changed = (model.logits(inputs, mixture) - before).abs().amax((1, 2)) > 1e-6
        model(inputs, samples, 'predict')
    assert changed.tolist() == [False, False, True, False]
    assert [tuple(s.pred_sources.shape) for s in samples] == [(1, 8000), (3, 8000)]
    assert all(torch.isfinite(s.pred_sources).all() for s in samples)
