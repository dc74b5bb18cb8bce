import pytest
import torch
from mmengine.registry import init_default_scope

from mmavl.errors import ConfigError
from mmavl.models.localizers import CAVL, DMC
from mmavl.structures import AVDataSample

from .peers import given_backbones
from .test_dmc import literal_loss

CELLS = {'type': 'Projection', 'in_channels': 6, 'out_channels': 4}


def make(kind=CAVL, **options):
    init_default_scope('mmavl')
    torch.manual_seed(0)
    return kind(audio_neck=CELLS, visual_neck=CELLS, **options, **given_backbones())


def cells(clips=3):
    generator = torch.Generator().manual_seed(1)
    audio = torch.randn(clips, 4, 5, 2, generator=generator)
    return audio, torch.randn(clips, 4, 3, 3, generator=generator), torch.arange(clips)


def test_each_stage_has_the_loss_of_its_number_of_clusters_and_one_background():
    model = make(curriculum=(1, 2, 3))
    audio, visual, clips = cells()
    for stage, count in enumerate((1, 2, 3)):
        model.set_stage(stage)
        loss = model.contrast(audio, visual, clips)['loss_contrast']
        expected = literal_loss(audio, visual, count, count + 1, 5.0)
        torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)


def test_it_begins_as_dmc():
    audio, visual, _ = cells()
    torch.testing.assert_close(make().localize(audio, visual), make(DMC).localize(audio, visual))


def test_a_checkpoint_keeps_the_stage():
    model, copy = make(), make()
    model.set_stage(1)
    copy.load_state_dict(model.state_dict())
    assert copy.cluster_counts() == (2, 3)
    audio, visual, _ = cells()
    torch.testing.assert_close(copy.localize(audio, visual), model.localize(audio, visual))


def test_it_predicts_one_map_in_every_stage():
    generator = torch.Generator().manual_seed(2)
    inputs = {
        'spectrogram': torch.randn(2, 6, 5, 2, generator=generator),
        'image': torch.randn(2, 6, 4, 4, generator=generator),
    }
    samples = [AVDataSample(metainfo={'clip_id': str(i)}) for i in range(2)]
    model = make()
    for stage in range(2):
        model.set_stage(stage)
        for sample in model(inputs, samples, 'predict'):
            assert sample.map_labels.tolist() == [-1]
            assert sample.pred_maps.data.shape == (1, 4, 4)
    with pytest.raises(ConfigError, match='CAVL compares the clips'):
        model({name: tensor[:1] for name, tensor in inputs.items()}, samples[:1], 'loss')


def test_a_wrong_curriculum_or_stage_is_refused():
    for curriculum in ((), (0, 1), (2, 1), (1, 1)):
        with pytest.raises(ConfigError, match='curriculum='):
            make(curriculum=curriculum)
    with pytest.raises(ConfigError, match='there is no stage 2'):
        make().set_stage(2)
