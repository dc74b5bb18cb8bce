import pytest
import torch
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.separators import MixAndSeparate, signal
from mmavl.separators.objects import objects_of

WINDOW = 32 * 256 - 1  # 32 frames
UNET = {
    'unet': {'type': 'SeparationUNet', 'channels': 4, 'out_channels': 5, 'levels': 4},
    'synthesizer': {'type': 'LinearSynthesizer', 'in_channels': 8, 'channels': 5},
}


@pytest.fixture
def build(localizer_config):
    def make(guidance='VisualGuidance', **options):
        torch.manual_seed(0)
        options = {**UNET, **options}
        config = {'type': 'MixAndSeparate', 'localizer': localizer_config, 'window': WINDOW}
        config |= {'rows': 32, 'guidance': {'type': guidance}}
        return MODELS.build({**config, **options})

    return make


@pytest.mark.parametrize(
    ('guidance', 'mask'), [('VisualGuidance', 'binary'), ('AudioGuidance', 'ratio')]
)
def test_the_loss_falls_and_the_frozen_localizer_stays(build, make_batch, guidance, mask):
    model = build(guidance, mask=mask).train()
    inputs, samples = make_batch()
    before = {k: v.clone() for k, v in model.localizer.state_dict().items()}
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-2)
    losses = []
    for _ in range(35):
        loss = model(inputs, samples, 'loss')['loss_mask']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert all(torch.equal(v, before[k]) for k, v in model.localizer.state_dict().items())
    assert not model.localizer.training


def test_the_loss_is_weighted_cross_entropy_against_the_ideal_mask(build, make_batch):
    model = build().eval()
    inputs, samples = make_batch(length=WINDOW)
    mixture = signal.warp(signal.stft(inputs['mixture']).abs(), 32)
    sources = signal.warp(signal.stft(inputs['sources']).abs(), 32)
    expected = 0
    logits = model.logits(inputs, mixture)
    for number, (source, m) in enumerate(zip(sources, (0, 0, 1, 1))):
        target = (source > 0.5 * mixture[m]).float()
        weight = torch.log1p(mixture[m]).clamp(1e-3, 10)
        expected += F.binary_cross_entropy_with_logits(logits[number], target, weight) / 4
    torch.testing.assert_close(model(inputs, samples, 'loss')['loss_mask'], expected)


def test_a_trained_along_localizer_gets_gradients_where_it_is_used(build, make_batch):
    model = build(train_localizer=True).train()
    inputs, samples = make_batch()
    model(inputs, samples, 'loss')['loss_mask'].backward()
    used = model.localizer.avc_head.visual_branch, model.localizer.alignment_head
    for part in used:
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())
    assert model.localizer.training


def test_what_the_localizer_keeps_frozen_is_not_trained_along(build, localizer_config):
    backbone = {'type': 'FrozenBackbone', 'backbone': localizer_config['visual_backbone']}
    localizer_config['visual_backbone'] = backbone
    localizer = build(localizer=localizer_config, train_localizer=True).localizer
    assert not any(p.requires_grad for p in localizer.visual_backbone.parameters())
    assert all(p.requires_grad for p in localizer.avc_head.parameters())


@pytest.mark.parametrize('mask', ['binary', 'ratio'])
@pytest.mark.parametrize('guidance', ['VisualGuidance', 'AudioGuidance'])
def test_mixtures_of_any_number_of_sources_are_separated(build, make_batch, guidance, mask):
    model = build(guidance, mask=mask).eval()
    inputs, samples = make_batch(counts=(1, 3))
    with torch.no_grad():
        model(inputs, samples, 'predict')
    assert [tuple(s.pred_sources.shape) for s in samples] == [(1, 8000), (3, 8000)]
    assert all(torch.isfinite(s.pred_sources).all() for s in samples)
    assert torch.equal(samples[1].gt_sources, inputs['sources'][1:])
    assert torch.equal(samples[1].mixture, inputs['mixture'][1])
    assert samples[1].source_labels.tolist() == [1, 2, 3]


def test_estimates_are_the_mask_times_the_mixture(build, make_batch, monkeypatch):
    model = build().eval()
    inputs, _ = make_batch()
    ideal = signal.binary_masks(
        signal.warp(signal.stft(F.pad(inputs['sources'], (0, WINDOW - 8000))).abs(), 32)[:, None],
        signal.warp(signal.stft(F.pad(inputs['mixture'], (0, WINDOW - 8000))).abs(), 32)[
            inputs['index']
        ],
    )[:, 0]
    monkeypatch.setattr(model, 'logits', lambda *_: 20 * ideal - 10)
    assert torch.equal(model.masks(inputs), ideal)
    found = model.estimate(inputs)
    linear = signal.unwarp(ideal)
    spectrum = signal.stft(F.pad(inputs['mixture'], (0, WINDOW - 8000)))
    expected = signal.istft(linear * spectrum[inputs['index']], WINDOW)[:, :8000]
    torch.testing.assert_close(found, expected)


def test_what_guides_a_source_is_its_own_frame_and_its_mixtures_sound(build, make_batch):
    model = build().eval()
    inputs, _ = make_batch()
    with torch.no_grad():
        before = model.guide(inputs)
        inputs['image'][1] += 1.0
        frame = model.guide(inputs)
        inputs['spectrogram'][1] += 1.0
        sound = model.guide(inputs)
    changed = (frame - before).abs().sum(1) > 1e-6
    assert changed.tolist() == [False, True, False, False]
    assert ((sound - frame).abs().sum(1)[:2] == 0).all()


@pytest.mark.parametrize('guidance', ['VisualGuidance', 'AudioGuidance'])
def test_silence_gives_silence_and_short_mixtures_keep_their_length(build, make_batch, guidance):
    model = build(guidance, mask='ratio').eval()
    inputs, samples = make_batch(length=300)
    inputs['mixture'][0] = 0
    inputs['sources'][:2] = 0
    with torch.no_grad():
        found = model.estimate(inputs)
        assert torch.isfinite(model(inputs, samples, 'loss')['loss_mask'])
    assert found.shape == (4, 300)
    assert found[:2].abs().max() == 0
    assert torch.isfinite(found).all()


def test_a_mixture_longer_than_the_window_names_the_transform(build, make_batch):
    inputs, _ = make_batch(length=WINDOW + 1)
    with pytest.raises(ValueError, match=r'8192 samples exceed .* 8191.*CropPad'):
        build().estimate(inputs)


def test_another_kind_of_mask_is_refused(build):
    with pytest.raises(ValueError, match="mask must be 'binary' or 'ratio', not 'soft'"):
        build(mask='soft')


def test_only_the_visual_backbone_can_be_cached(build):
    model = build()
    assert model.visual_backbone is model.localizer.visual_backbone
    assert not hasattr(model, 'audio_backbone')
    assert isinstance(model, MixAndSeparate)


def test_a_clip_with_two_objects_is_guided_by_the_mean_of_both(build, make_batch):
    model = build().eval()
    inputs, _ = make_batch()
    with torch.no_grad():
        alone = model.guide(inputs)
        inputs['labels'] = torch.tensor([0, 3, 2, 3])
        other = model.guide(inputs)
        inputs['object_labels'] = torch.tensor([0, 1, 3, 2, 3])
        inputs['object_owners'] = torch.tensor([0, 1, 1, 2, 3])
        inputs['object_boxes'] = torch.zeros(5, 4)
        both = model.guide(inputs)
    torch.testing.assert_close(both[1], (alone[1] + other[1]) / 2)
    torch.testing.assert_close(both[[0, 2, 3]], alone[[0, 2, 3]])


def test_the_localizer_runs_once_for_a_prediction(build, make_batch):
    model = build().eval()
    calls = []
    for name in ('audio_backbone', 'visual_backbone'):
        part = getattr(model.localizer, name)
        part.register_forward_hook(lambda *_, name=name: calls.append(name))
    inputs, samples = make_batch()
    with torch.no_grad():
        model(inputs, samples, 'predict')
    assert sorted(calls) == ['audio_backbone', 'visual_backbone']


def test_it_explains_its_estimates_by_masks_and_by_where_the_guidance_looks(build, make_batch):
    model = build().eval()
    inputs, samples = make_batch()
    found = model(inputs, samples, 'predict')
    assert found[0].sample_rate == 11025
    features = model.localized(inputs, objects_of(inputs))
    maps = model.guidance.weights(model.localizer, features, inputs['labels'])
    masks = model.masks(inputs)
    for number, mine in enumerate((slice(0, 2), slice(2, 4))):
        assert torch.equal(found[number].pred_masks, masks[mine])
        torch.testing.assert_close(found[number].guide_maps, maps[mine])
    torch.testing.assert_close(found[0].pred_sources, model.estimate(inputs)[:2])


def test_guidance_by_sound_has_no_map_in_the_frame(build, make_batch):
    found = build('AudioGuidance').eval()(*make_batch(), 'predict')
    assert 'guide_maps' not in found[0]
