import pytest
import torch
from torch.nn import functional as F

from mmavl.separators import signal
from mmavl.separators.objects import Objects, objects_of


@pytest.fixture
def build(build_peer):
    def make(**options):
        classifier = {'type': 'SpectrogramClassifier', 'num_classes': 4, 'channels': 4, 'depth': 3}
        return build_peer('CoSeparation', classifier=classifier, **options)

    return make


@pytest.fixture
def duet_batch(make_batch):
    """Two mixtures of two clips each; clip 1 has two objects, clip 3 none in its frame."""
    inputs, samples = make_batch()
    half = [0.0, 0.0, 0.5, 1.0]
    whole = [0.0, 0.0, 1.0, 1.0]
    inputs['object_labels'] = torch.tensor([0, 1, 2, 2, 3])
    inputs['object_owners'] = torch.tensor([0, 1, 1, 2, 3])
    boxes = [half, half, [0.5, 0.0, 1.0, 1.0], half, whole]
    inputs['object_boxes'] = torch.tensor(boxes)
    return inputs, samples


def test_the_losses_fall_also_on_clips_with_several_objects(build, duet_batch, losses_of):
    losses = losses_of(build(), duet_batch)
    assert losses[-1] < 0.8 * losses[0]


def test_masks_of_a_clips_objects_add_up_to_the_clips_own(build, duet_batch, monkeypatch):
    model = build(consistency_weight=2.0).eval()
    inputs, samples = duet_batch
    mixture = model.warped(inputs['mixture'])
    target = signal.ratio_masks(model.warped(inputs['sources'])[:, None], mixture[[0, 0, 1, 1]])
    target = target[:, 0]
    # the two objects of clip 1 share what it holds; what they share is not a loss
    objects = torch.stack([target[0], 0.3 * target[1], 0.7 * target[1], target[2], target[3]])
    monkeypatch.setattr(model, 'object_masks', lambda *_: objects)
    losses = model(inputs, samples, 'loss')
    assert losses['loss_mask'].item() == pytest.approx(0, abs=1e-6)
    parts = objects * mixture[[0, 0, 0, 1, 1]]
    expected = F.cross_entropy(model.classifier(parts[:, None]), inputs['object_labels'])
    torch.testing.assert_close(losses['loss_consistency'], 2 * expected)
    monkeypatch.setattr(model, 'object_masks', lambda *_: objects + 0.1)
    weights = signal.loss_weights(mixture)[[0, 0, 1, 1]]
    wrong = weights * torch.tensor([0.1, 0.2, 0.1, 0.1])[:, None, None]
    torch.testing.assert_close(model(inputs, samples, 'loss')['loss_mask'], wrong.mean())
    torch.testing.assert_close(model.masks(inputs)[1], (target[1] + 0.2).clamp(0, 5))


def test_an_objects_feature_is_the_mean_inside_of_its_box(build):
    model = build()
    model.visual_neck = torch.nn.Identity()
    seen = torch.zeros(2, 6, 8, 8)
    seen[0, :, :, :4] = 1.0  # left half
    seen[1] = 5.0
    boxes = torch.tensor([[0.125, 0, 0.375, 1], [0.625, 0, 0.875, 1], [0.0, 0, 1, 1]])
    objects = Objects(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 1]), boxes)
    found = model.object_features({'image_features': seen}, objects)
    expected = torch.tensor([1.0, 0.0, 5.0])[:, None].expand(-1, 6)
    torch.testing.assert_close(found, expected)


def test_inputs_without_objects_are_separated_by_their_whole_frames(build, make_batch):
    inputs, samples = make_batch(counts=(1, 3))
    objects = objects_of(inputs)
    assert objects.boxes.tolist() == [[0.0, 0.0, 1.0, 1.0]] * 4
    assert objects.owners.tolist() == [0, 1, 2, 3]
    with torch.no_grad():
        build().eval()(inputs, samples, 'predict')
    assert [tuple(s.pred_sources.shape) for s in samples] == [(1, 8000), (3, 8000)]
    assert all(torch.isfinite(s.pred_sources).all() for s in samples)
