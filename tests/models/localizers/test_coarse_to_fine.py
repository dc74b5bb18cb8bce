import pytest
import torch
from mmengine import Config

from mmavl.engine.config import config_errors
from mmavl.errors import ConfigError
from mmavl.models.localizers import CoarseToFine
from mmavl.models.map_transforms import connected_to_peak
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ...small_models import ALIGNMENT, PARTS, TAGGING


def batch(tags):
    torch.manual_seed(3)
    inputs = {
        'image': torch.randn(len(tags), 3, 64, 64),
        'spectrogram': torch.randn(len(tags), 1, 32, 64),
    }
    samples = []
    for index, classes in enumerate(tags):
        sample = AVDataSample(metainfo={'clip_id': f'clip{index}'})
        sample.gt_tags = torch.zeros(4)
        sample.gt_tags[classes] = 1.0
        samples.append(sample)
    return inputs, samples


def build(**parts):
    torch.manual_seed(0)
    return CoarseToFine(**PARTS, **parts).eval()


def test_each_row_of_table_2_trains_its_own_losses():
    inputs, samples = batch([[0], [1, 2]])
    avc = build()(inputs, samples, 'loss')
    tags = build(**TAGGING)(inputs, samples, 'loss')
    full = build(**TAGGING, **ALIGNMENT)(inputs, samples, 'loss')
    assert set(avc) == {'loss_avc'}
    assert set(tags) == {'loss_avc', 'loss_audio_tag', 'loss_visual_tag'}
    assert set(full) == {*tags, 'loss_alignment'}


def test_correspondence_may_hear_another_map_than_the_tags():
    neck = {'type': 'ConvNeck', 'in_channels': 6, 'out_channels': 6}
    parts = {**PARTS, 'avc_head': {**PARTS['avc_head'], 'audio_neck': neck}}
    model = CoarseToFine(**parts, **TAGGING, audio_neck=neck).eval()
    inputs, _ = batch([[0]])
    features = model.extract(inputs)
    backbone = model.audio_backbone(inputs['spectrogram'])
    assert torch.equal(features['F_a'], model.audio_neck(backbone))
    expected = model.avc_head.audio_branch(model.avc_head.audio_neck(backbone))
    torch.testing.assert_close(features['E_a'], expected)


def test_the_loss_compares_sounds_as_the_backbone_hears_them_before_the_neck():
    loss = {'type': 'PairInfoNCELoss', 'alike': 0.5}
    head = {'alignment_head': {**ALIGNMENT['alignment_head'], 'loss': loss}}
    neck = {'type': 'ConvNeck', 'in_channels': 6, 'out_channels': 6}
    model = build(**TAGGING, **head, audio_neck=neck)
    given = []
    model.alignment_head.loss = lambda *args: given.extend(args) or args[0].maps.sum()
    inputs, samples = batch([[0, 3], [2]])
    model(inputs, samples, 'loss')
    sounds, objects, visible, audio_features = given
    backbone = model.audio_backbone(inputs['spectrogram'])
    torch.testing.assert_close(audio_features, backbone)
    assert sounds.pairs.tolist() == objects.pairs.tolist() == [[0, 0], [0, 3], [1, 2]]
    maps = model.disentangler(
        model.audio_neck(backbone), model.audio_tag_head, *sounds.pairs.unbind(1)
    )
    torch.testing.assert_close(sounds.maps, maps)
    assert visible.all()


def test_alignment_maps_are_eq4_eq5_and_eq8_followed_literally():
    model = build(**TAGGING, **ALIGNMENT)
    inputs, samples = batch([[0, 3], [2]])
    with torch.no_grad():
        model(inputs, samples, 'predict')
        features = model(inputs)
    for index, sample in enumerate(samples):
        for label, heat in zip(sample.map_labels.tolist(), sample.pred_maps.data):
            f_a = features['F_a'][index].clone().requires_grad_()
            score = model.audio_tag_head(f_a[None])[0, label]
            (gradient,) = torch.autograd.grad(score, f_a)
            weights = torch.relu((gradient.mean((1, 2))[:, None, None] * f_a).sum(0)).detach()
            weights = weights.mean(1)  # two frequency rows onto E_a's single one
            if weights.sum() == 0:
                weights = torch.ones_like(weights)  # the stated fall-back
            e_a = features['E_a'][index, :, :, 0]
            pooled = sum(e_a[:, t] * weights[t] for t in range(len(weights))) / weights.sum()
            sound = model.alignment_head.project_audio(pooled, label)
            height, width = heat.shape
            for u in range(height):
                for v in range(width):
                    place = model.alignment_head.project_visual(features['E_v'][index, :, u, v])
                    distance = (sound - place).square().sum().sqrt()
                    expected = torch.exp(-distance / 0.2)
                    torch.testing.assert_close(heat[u, v], expected, atol=1e-5, rtol=1e-4)


def test_maps_cover_the_given_and_the_predicted_classes():
    model = build(**TAGGING, **ALIGNMENT)
    inputs, samples = batch([[0, 3], [2]])
    with torch.no_grad():
        model(inputs, samples, 'predict')
    for sample in samples:
        given = set(sample.gt_tags.nonzero()[:, 0].tolist())
        predicted = set(sample.pred_labels.tolist())
        assert predicted == {
            *(sample.pred_tags > 0.3).nonzero()[:, 0].tolist(),
            sample.pred_tags.argmax().item(),
        }
        assert sample.map_labels.tolist() == sorted(given | predicted)


def test_the_stage_chooses_the_map_and_transforms_change_it():
    inputs, samples = batch([[0], [1]])
    maps = {}
    for stage, transforms in (
        ('category', []), ('alignment', []), ('alignment', ['TimesClassMaps']),
    ):  # fmt: skip
        model = build(**TAGGING, **ALIGNMENT, stage=stage, map_transforms=transforms)
        with torch.no_grad():
            model(inputs, samples, 'predict')
        maps[stage, len(transforms)] = samples[0].pred_maps.data[0]
    category, alignment, product = maps.values()
    torch.testing.assert_close(product, category * alignment)
    assert not torch.allclose(category, alignment)


def test_heat_is_lowered_where_a_cell_alone_does_not_correspond_to_the_sound():
    inputs, samples = batch([[0, 2], [1]])
    maps = {}
    for temperature in (None, 0.5):
        transforms = [{'type': 'CellCorrespondence', 'temperature': temperature}]
        transforms = [] if temperature is None else transforms
        model = build(**TAGGING, **ALIGNMENT, map_transforms=transforms)
        with torch.no_grad():
            model(inputs, samples, 'predict')
        maps[temperature] = [sample.pred_maps.data for sample in samples]
    with torch.no_grad():
        features = model.extract(inputs)
    height, width = maps[None][0].shape[-2:]
    for clip in range(2):
        for row in range(height):
            for column in range(width):
                cell = features['E_v'][clip : clip + 1, :, row, column]
                sound = features['E_a'][clip : clip + 1].amax((-2, -1))
                none, own = model.avc_head.classify(sound, cell)[0]
                expected = maps[None][clip][:, row, column] * ((own - none) / 0.5).sigmoid()
                torch.testing.assert_close(maps[0.5][clip][:, row, column], expected)


def test_loss_and_maps_with_all_extensions_are_those_of_earlier_versions():
    """Figures of commit 0869aa4, in which the extensions were arguments of the model."""
    head = {
        **ALIGNMENT['alignment_head'],
        'num_classes': 4,
        'map_transforms': [
            'SmoothMaps', {'type': 'SigmoidHeat', 'midpoint': 1.1, 'temperature': 0.3},
        ],
        'peak_threshold': 0.5,
        'refine_temperature': 0.2,
        'loss': {'type': 'PairInfoNCELoss', 'absent': True, 'background': True, 'alike': 0.5},
    }  # fmt: skip
    correspondence = {'type': 'CellCorrespondence', 'temperature': 16.0}
    transforms = [correspondence, 'TimesClassMaps', 'ConnectedToPeak']
    inputs, samples = batch([[0, 2], [0], [1, 2]])
    model = build(**TAGGING, alignment_head=head, map_transforms=transforms)
    loss = model(inputs, samples, 'loss')['loss_alignment']
    assert loss.item() == pytest.approx(2.20907, rel=1e-4)
    with torch.no_grad():
        model(inputs, samples, 'predict')
    found = [[heat.max().item(), heat.mean().item()] for heat in samples[2].pred_maps.data[[0, 2]]]
    assert found[0] == pytest.approx([0.01239, 0.008961], rel=1e-3)
    assert found[1] == pytest.approx([0.017352, 0.012368], rel=1e-3)


def test_a_temperature_that_is_not_above_zero_is_refused():
    transforms = [{'type': 'CellCorrespondence', 'temperature': 0}]
    with pytest.raises(ValueError, match='temperature=0 must be above 0'):
        build(**TAGGING, **ALIGNMENT, map_transforms=transforms)


def test_connected_lowers_what_does_not_hang_together_with_the_maximum():
    maps = {}
    for connected in (False, True):
        inputs, samples = batch([[0], [1]])
        with torch.no_grad():
            transforms = ['ConnectedToPeak'] * connected
            model = build(**TAGGING, **ALIGNMENT, map_transforms=transforms)
            model(inputs, samples, 'predict')
        maps[connected] = torch.cat([sample.pred_maps.data for sample in samples])
    torch.testing.assert_close(maps[True], connected_to_peak(maps[False]))
    assert (maps[True] < maps[False]).any()


def test_avc_alone_localizes_without_any_class():
    inputs, samples = batch([[0], [1]])
    model = build()
    with torch.no_grad():
        model(inputs, samples, 'predict')
        features = model(inputs)
    assert samples[1].map_labels.tolist() == [-1]
    e_v = features['E_v'].clone().requires_grad_()
    logit = model.avc_head(features['E_a'], e_v)[1, 1]
    (gradient,) = torch.autograd.grad(logit, e_v)
    expected = torch.relu((gradient[1].mean((1, 2))[:, None, None] * e_v[1]).sum(0))
    torch.testing.assert_close(samples[1].pred_maps.data[0], expected.detach())


def test_cached_features_give_the_same_as_media():
    parts = {
        **PARTS,
        'audio_backbone': {'type': 'CachedBackbone', 'backbone': PARTS['audio_backbone']},
    }
    model = CoarseToFine(**parts, **TAGGING, **ALIGNMENT).eval()
    inputs, samples = batch([[0], [1]])
    plain = model(inputs, samples, 'loss')
    features = model.audio_backbone(inputs['spectrogram'])
    cached = model({'image': inputs['image'], 'audio_features': features}, samples, 'loss')
    assert {k: v.item() for k, v in plain.items()} == {k: v.item() for k, v in cached.items()}


def test_predictions_serve_as_tags_where_there_are_none():
    model = build(**TAGGING, **ALIGNMENT, valid='predictions')
    inputs, samples = batch([[0], [1]])
    first = model(inputs, samples, 'loss')['loss_alignment']
    for sample in samples:
        sample.gt_tags = 1 - sample.gt_tags
    torch.testing.assert_close(model(inputs, samples, 'loss')['loss_alignment'], first)


@pytest.mark.parametrize(
    ('parts', 'message'),
    [
        ({'stage': 'alignment'}, "stage 'alignment' needs alignment_head, audio_tag_head"),
        ({'audio_tag_head': TAGGING['audio_tag_head']}, 'audio_tag_head needs visual_tag_head'),
        ({**TAGGING, 'stage': 'fine'}, "stage must be one of .* not 'fine'"),
        ({**TAGGING, 'valid': 'given'}, "not 'given'"),
    ],
)
def test_a_missing_part_is_named(parts, message):
    with pytest.raises(ValueError, match=message):
        build(**parts)


def pooled_objects(model, inputs, samples):
    """What the alignment loss compares: E_v pooled, and f_a, [P, c] each."""
    pooled = {}
    original = model.alignment_head._pool_objects

    def spy(objects, f_a, pairs):
        pooled.update(sounds=f_a, objects=original(objects, f_a, pairs))
        return pooled['objects']

    model.alignment_head._pool_objects = spy
    model(inputs, samples, 'loss')
    return pooled


def test_refinement_pools_the_object_by_the_agreement_with_the_sound():
    inputs, samples = batch([[0], [2]])
    plain = build(**TAGGING, **ALIGNMENT)
    head = {**ALIGNMENT['alignment_head'], 'refine_temperature': 0.5}
    pooled = pooled_objects(build(**TAGGING, alignment_head=head), inputs, samples)
    features = plain.features(inputs)
    for index, label in enumerate((0, 2)):
        pair = torch.tensor([[index, label]])
        weights = plain.visual_maps(features, pair)[0]
        sound = plain.alignment_head.project_audio(pooled['sounds'][index], label)
        place = plain.alignment_head.project_grid(features.embedded_visual)[index]
        cells = (sound - place).square().sum(-1).sqrt()
        distance = torch.empty_like(cells)
        for u in range(cells.shape[0]):
            for v in range(cells.shape[1]):
                around = cells[max(u - 3, 0) : u + 4, max(v - 3, 0) : v + 4]
                distance[u, v] = around.mean()
        weights = weights * torch.exp((distance.min() - distance) / 0.5)
        e_v = features.embedded_visual[index]
        expected = (e_v * weights).sum((1, 2)) / weights.sum()
        torch.testing.assert_close(pooled['objects'][index], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (
            {'audio_backbone': {'type': 'CRNM'}},
            r"^model\.audio_backbone: no model is called 'CRNM'; did you mean 'CRNN'",
        ),
        (
            {'disentangler': {'type': 'GradCAMDisentangler', 'heed': 1}},
            r"^model\.disentangler: GradCAMDisentangler has no argument 'heed'",
        ),
        (
            {'visual_tag_hed': None},
            r"^model: CoarseToFine has no argument 'visual_tag_hed'; did you mean",
        ),
    ],
)
def test_a_misspelt_part_is_named_with_its_place_in_the_config(wrong, message):
    cfg = Config({'model': {'type': 'CoarseToFine', **PARTS, **TAGGING, **wrong}})
    with pytest.raises(ConfigError, match=message), config_errors(cfg, 'model'):
        MODELS.build(cfg.model)
