import pytest
import torch
from mmengine.registry import init_default_scope

from mmavl.models.localizers import SimplifiedCoarseToFine
from mmavl.structures import AVDataSample


class Given(torch.nn.Module):
    """A backbone that returns its input."""

    def forward(self, inputs):
        return inputs


@pytest.fixture
def make_model(monkeypatch):
    from mmavl.registry import MODELS

    init_default_scope('mmavl')
    monkeypatch.setitem(MODELS.module_dict, 'Given', Given)

    def make(alignment=True):
        torch.manual_seed(0)
        tagger = {'type': 'PooledTagHead', 'num_classes': 2, 'in_channels': 3, 'bias': False}
        head = {'type': 'CosineAlignmentHead', 'in_channels': 3, 'hidden': 8, 'embed_dim': 4}
        model = SimplifiedCoarseToFine(
            audio_backbone={'type': 'Given'},
            visual_backbone={'type': 'Given'},
            avc_head={'type': 'AllPairsAVCHead', 'in_channels': 3},
            audio_tag_head=tagger,
            visual_tag_head=tagger,
            disentangler={'type': 'GradCAMDisentangler'},
            alignment_head=head if alignment else None,
        )
        # class 0 listens to channel 0 and class 1 to channel 1
        for tag_head in (model.audio_tag_head, model.visual_tag_head):
            tag_head.fc.weight.data = torch.eye(3)[:2]
        return model

    return make


def batch(audio):
    image = torch.zeros(2, 3, 2, 2)
    image[:, 0, 0, 0] = 4.0
    image[:, 1, 1, 1] = 4.0
    samples = [AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.ones(2)) for i in '01']
    return {'spectrogram': audio, 'image': image}, samples


def test_without_alignment_it_localizes_by_class_activation(make_model):
    inputs, samples = batch(torch.ones(2, 3, 2, 1))
    make_model(alignment=False)(inputs, samples, 'predict')
    maps = samples[0].pred_maps.data
    assert maps[0].tolist() == [[4, 0], [0, 0]]
    assert maps[1].tolist() == [[0, 0], [0, 4]]
    assert samples[0].map_labels.tolist() == [0, 1]


def test_a_class_that_no_moment_speaks_for_has_an_empty_map(make_model):
    audio = torch.ones(2, 3, 2, 1)
    audio[0, 1] = -1.0
    inputs, samples = batch(audio)
    make_model()(inputs, samples, 'predict')
    assert samples[0].pred_maps.data[1].eq(0).all()
    assert samples[0].pred_labels.tolist() == [0]  # the other's probability is .27
    assert samples[1].pred_maps.data[1].ne(0).any()


def test_only_predicted_classes_are_aligned_and_there_may_be_none(make_model):
    model = make_model()
    inputs, samples = batch(torch.full((2, 3, 2, 1), -5.0))
    losses = model(inputs, samples, 'loss')
    assert losses['loss_alignment'].item() == 0
    sum(losses.values()).backward()
    inputs, samples = batch(torch.ones(2, 3, 2, 1))
    assert model(inputs, samples, 'loss')['loss_alignment'].item() > 0


def test_stage_1_has_no_alignment_loss(make_model):
    inputs, samples = batch(torch.ones(2, 3, 2, 1))
    losses = make_model(alignment=False)(inputs, samples, 'loss')
    assert set(losses) == {'loss_audio_tag', 'loss_visual_tag', 'loss_avc'}
