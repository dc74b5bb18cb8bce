import hashlib

import pytest
import torch
from mmengine.model import BaseDataPreprocessor

from mmavl.models.localizers import base_localizer
from mmavl.models.localizers.base_localizer import (
    BaseLocalizer,
    clip_numbers,
    stack_tags,
    store_maps,
)
from mmavl.structures import AVDataSample


class Spy(BaseLocalizer):
    """Says which of its methods ran, on what."""

    def extract(self, inputs):
        return 'extract', inputs

    def loss(self, inputs, data_samples):
        return 'loss', inputs, data_samples

    def predict(self, inputs, data_samples):
        return 'predict', inputs, data_samples


def test_each_mode_runs_its_method():
    spy, inputs, samples = Spy(), {'image': 1}, ['a']
    assert spy(inputs, samples, mode='loss') == ('loss', inputs, samples)
    assert spy(inputs, samples, mode='predict') == ('predict', inputs, samples)
    assert spy(inputs) == ('extract', inputs)


def test_another_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be 'loss', 'predict' or 'tensor', not 'test'"):
        Spy()({}, [], mode='test')


def test_a_subclass_without_the_three_methods_cannot_be_made():
    class Half(BaseLocalizer):
        def loss(self, inputs, data_samples):
            return {}

    assert BaseLocalizer.__abstractmethods__ == {'extract', 'loss', 'predict'}
    assert Half.__abstractmethods__ == {'extract', 'predict'}


def test_the_preprocessor_of_the_config_is_built():
    own = BaseDataPreprocessor()
    assert Spy(data_preprocessor=own).data_preprocessor is own
    assert isinstance(Spy().data_preprocessor, BaseDataPreprocessor)


def test_losses_are_summed_and_logged_as_the_mean_of_all_processes(monkeypatch):
    monkeypatch.setattr(base_localizer, 'mean_over_ranks', lambda value: value.detach() + 10)
    losses = {'loss_tag': torch.tensor(2.0, requires_grad=True), 'loss_avc': torch.tensor(3.0)}
    total, log = Spy().parse_losses({**losses, 'accuracy': torch.tensor(0.5)})
    assert total.item() == 5  # what is not called a loss is not learned
    assert total.requires_grad
    logged = {name: value.item() for name, value in log.items()}
    assert logged == {'loss': 15, 'loss_tag': 12, 'loss_avc': 13, 'accuracy': 10.5}


def sample(clip_id='a', **fields):
    made = AVDataSample(metainfo={'clip_id': clip_id})
    for name, values in fields.items():
        setattr(made, name, torch.tensor(values))
    return made


def test_visual_tags_fall_back_to_the_clips_tags_sample_by_sample():
    batch = [sample(gt_tags=[1.0, 0.0], gt_visual_tags=[0.0, 0.5]), sample(gt_tags=[1.0, 1.0])]
    assert stack_tags(batch).tolist() == [[1, 0], [1, 1]]
    assert stack_tags(batch, 'gt_visual_tags').tolist() == [[0, 0.5], [1, 1]]


def test_a_clips_number_is_the_same_everywhere_and_fits_a_long():
    numbers = clip_numbers([sample('clip/1'), sample('ü'), sample('clip/1')], torch.device('cpu'))
    digest = hashlib.blake2b('ü'.encode(), digest_size=8).digest()
    assert numbers.dtype == torch.long
    assert numbers[1].item() == int.from_bytes(digest, 'big') // 2
    assert numbers[0] == numbers[2] != numbers[1]
    assert (numbers >= 0).all()


def test_maps_go_to_the_samples_of_their_clips():
    batch = [sample('a'), sample('b'), sample('c')]
    maps = torch.arange(12, dtype=torch.bfloat16).reshape(3, 2, 2)
    store_maps(batch, maps, torch.tensor([0, 2, 2]), torch.tensor([5, 1, 4]))
    assert [s.map_labels.tolist() for s in batch] == [[5], [], [1, 4]]
    assert batch[1].pred_maps.data.shape == (0, 2, 2)
    assert batch[2].pred_maps.data.tolist() == [[[4, 5], [6, 7]], [[8, 9], [10, 11]]]
    assert batch[2].pred_maps.data.dtype == torch.float32
