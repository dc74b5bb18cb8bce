import pytest
import torch

from mmavl.registry import MODELS
from mmavl.separators.grad_cam_mask import mixture_masks


@pytest.fixture
def build(localizer_config):
    def make(**options):
        torch.manual_seed(0)
        config = {'type': 'GradCAMMask', 'localizer': localizer_config}
        return MODELS.build({**config, 'window': 32 * 256 - 1, 'rows': 32, **options}).eval()

    return make


def test_a_mask_is_eq4s_map_over_its_maximum_frequencies_first():
    maps = torch.tensor([[[0.0, 1.0], [2.0, 4.0], [1.0, 0.0]], [[0.0, 0.0]] * 3])  # [S, t, f]
    masks = mixture_masks(maps)
    assert masks[0].tolist() == [[0.0, 0.5, 0.25], [0.25, 1.0, 0.0]]
    assert masks[1].tolist() == [[1.0] * 3] * 2  # not audible: the mixture as it is


def test_each_source_gets_the_map_of_its_own_class(build, make_batch, given_maps):
    model = build()
    inputs, _ = make_batch()
    maps = torch.zeros(4, 8, 2)
    maps[range(4), [1, 3, 5, 7]] = 1
    model.localizer.disentangler = given_maps(maps)
    masks = model.masks(inputs)
    assert masks.shape == (4, 32, 32)
    assert (masks[0].mean(0).argmax() // 4).item() == 1
    assert (masks[3].mean(0).argmax() // 4).item() == 7
    assert masks.min() == 0
    assert masks.max() == 1


def test_masks_that_are_shared_add_up_to_one(build, make_batch):
    inputs, _ = make_batch(counts=(1, 3))
    alone, shared = build().masks(inputs), build(share=True).masks(inputs)
    total = shared[1:].sum(0)[alone[1:].sum(0) > 1e-3]
    torch.testing.assert_close(total, torch.ones_like(total))
    assert torch.equal(shared[0], alone[0])


def test_estimates_are_masked_mixtures_and_masks_explain_them(build, make_batch, given_maps):
    model = build()
    model.localizer.disentangler = given_maps(torch.zeros(4, 8, 2))
    inputs, samples = make_batch(counts=(1, 3))
    model(inputs, samples, 'predict')
    assert [tuple(s.pred_masks.shape) for s in samples] == [(1, 32, 32), (3, 32, 32)]
    # nothing audible: masks of one
    torch.testing.assert_close(samples[1].pred_sources[2], inputs['mixture'][1], atol=1e-4, rtol=0)
    assert not any(p.requires_grad for p in model.parameters())
    assert model.visual_backbone is model.localizer.visual_backbone
    with pytest.raises(NotImplementedError, match='GradCAMMask cannot be trained'):
        model.loss({}, [])


def test_silence_gives_silence_and_long_mixtures_are_refused(build, make_batch):
    model = build()
    inputs, _ = make_batch(length=300)
    inputs['mixture'][0] = 0
    waves = model.estimate(inputs)
    assert waves.shape == (4, 300)
    assert waves[:2].abs().max() == 0
    with pytest.raises(ValueError, match=r'8192 samples exceed .* 8191.*CropPad'):
        model.estimate(make_batch(length=32 * 256)[0])
