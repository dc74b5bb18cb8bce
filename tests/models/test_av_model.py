import pytest
import torch
from mmengine.model import BaseDataPreprocessor

from mmavl.errors import ConfigError
from mmavl.models import av_model
from mmavl.models.av_model import AVModel


class Spy(AVModel):
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
    class Half(AVModel):
        def loss(self, inputs, data_samples):
            return {}

    assert AVModel.__abstractmethods__ == {'extract', 'loss', 'predict'}
    assert Half.__abstractmethods__ == {'extract', 'predict'}


def test_the_preprocessor_of_the_config_is_built():
    own = BaseDataPreprocessor()
    assert Spy(data_preprocessor=own).data_preprocessor is own
    assert isinstance(Spy().data_preprocessor, BaseDataPreprocessor)


def test_losses_are_summed_and_logged_as_the_mean_of_all_processes(monkeypatch):
    monkeypatch.setattr(av_model, 'mean_over_ranks', lambda value: value.detach() + 10)
    losses = {'loss_tag': torch.tensor(2.0, requires_grad=True), 'loss_avc': torch.tensor(3.0)}
    total, log = Spy().parse_losses({**losses, 'accuracy': torch.tensor(0.5)})
    assert total.item() == 5  # what is not called a loss is not learned
    assert total.requires_grad
    logged = {name: value.item() for name, value in log.items()}
    assert logged == {'loss': 15, 'loss_tag': 12, 'loss_avc': 13, 'accuracy': 10.5}


def test_a_lazy_module_is_named_before_its_weights_are_initialised():
    spy = Spy()
    spy.project = torch.nn.LazyConv2d(4, 1)
    with pytest.raises(ConfigError, match=r'Spy: project\.weight, project\.bias: a lazy module'):
        spy.init_weights()
    spy.project = torch.nn.Conv2d(2, 4, 1)
    spy.init_weights()
