import pytest
import torch
from mmengine.registry import init_default_scope

from mmavl.errors import ConfigError
from mmavl.models.localizers import EZVSL, SimilarityLocalizer
from mmavl.models.localizers.similarity_localizer import matching_loss, similarities
from mmavl.structures import AVDataSample

from .peers import given_backbones, random_units


class Recorder(SimilarityLocalizer):
    """Keeps what its loss is given."""

    def contrast(self, audio, visual, clips):
        """Record."""
        self.given = audio, visual, clips
        return {'loss': audio.sum()}


def batch(clips=3):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.rand(clips, 4, 5, 2, generator=generator),
        'image': torch.rand(clips, 4, 3, 3, generator=generator),
    }
    samples = [
        AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.zeros(2)) for i in range(clips)
    ]
    return inputs, samples


def test_the_loss_gets_unit_vectors_of_the_maximum_and_of_the_cells():
    model = Recorder(**given_backbones())
    inputs, samples = batch()
    model(inputs, samples, 'loss')
    audio, visual, clips = model.given
    expected = inputs['spectrogram'].amax((2, 3))
    torch.testing.assert_close(audio, expected / expected.norm(dim=1, keepdim=True))
    torch.testing.assert_close(visual.norm(dim=1), torch.ones(3, 3, 3))
    assert len(clips.unique()) == 3


def test_it_predicts_one_map_of_the_whole_sound_the_cosines():
    model = EZVSL(**given_backbones())
    inputs, samples = batch()
    predicted = model(inputs, samples, 'predict')
    audio, visual = model.embed(inputs)
    for number, sample in enumerate(predicted):
        assert sample.map_labels.tolist() == [-1]
        torch.testing.assert_close(
            sample.pred_maps.data[0], similarities(audio, visual)[number, number]
        )
    assert not model.needs_classes


def test_cached_features_take_the_place_of_media():
    model = EZVSL(**given_backbones())
    inputs, samples = batch()
    cached = {'audio_features': inputs['spectrogram'], 'image_features': inputs['image']}
    for name, tensor in model(inputs).items():
        assert torch.equal(model(cached)[name], tensor)
    model(cached, samples, 'predict')


def test_a_batch_of_one_is_refused():
    with pytest.raises(ConfigError, match=r'EZVSL compares the clips of a batch.*batch has 1'):
        EZVSL(**given_backbones())(*batch(1), 'loss')


def test_the_matching_loss_is_cross_entropy_without_copies():
    logits = torch.tensor([[1.0, 2.0, 50.0], [0.0, 1.0, 3.0], [50.0, 0.0, 1.0]])
    clips = torch.tensor([7, 8, 7])
    expected = torch.stack(
        [
            torch.tensor([1.0, 2.0]).logsumexp(0) - 1,
            torch.tensor([0.0, 1.0, 3.0]).logsumexp(0) - 1,
            torch.tensor([0.0, 1.0]).logsumexp(0) - 1,
        ]
    )
    torch.testing.assert_close(matching_loss(logits, clips), expected.mean())


def test_gradients_reach_both_projections_under_bfloat16():
    init_default_scope('mmavl')
    necks = {
        'audio_neck': {'type': 'PooledProjection', 'in_channels': 4, 'out_channels': 8},
        'visual_neck': {'type': 'Projection', 'in_channels': 4, 'out_channels': 8, 'hidden': [5]},
    }
    model = EZVSL(**necks, **given_backbones())
    with torch.autocast('cpu', torch.bfloat16):
        loss = model(*batch(), 'loss')['loss_contrast']
    loss.backward()
    assert loss.dtype == torch.float32
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_similarities_are_of_picture_by_sound():
    audio, visual, _ = random_units(3)
    cosines = similarities(audio[:2], visual)
    assert cosines.shape == (3, 2, 3, 3)
    assert cosines[2, 1, 0, 1] == pytest.approx(float(visual[2, :, 0, 1] @ audio[1]))
