import pytest
import torch

from mmavl.separators.base_separator import BaseSeparator, pad_to


class Doubling(BaseSeparator):
    """Takes each source for twice its mixture."""

    def estimate(self, inputs):
        return 2 * inputs['mixture'][inputs['index']]


def test_each_mixture_gets_its_own_sources_and_estimates(make_batch):
    inputs, samples = make_batch(counts=(2, 3), length=50)
    found = Doubling()(inputs, samples, 'predict')
    assert found is samples
    assert [len(sample.pred_sources) for sample in found] == [2, 3]
    for number, mine in enumerate((slice(0, 2), slice(2, 5))):
        sample = found[number]
        assert torch.equal(sample.mixture, inputs['mixture'][number])
        assert torch.equal(sample.gt_sources, inputs['sources'][mine])
        assert torch.equal(sample.source_labels, inputs['labels'][mine])
        assert all(torch.equal(wave, 2 * sample.mixture) for wave in sample.pred_sources)


def test_without_samples_it_gives_the_estimates(make_batch):
    inputs, _ = make_batch(length=50)
    assert torch.equal(Doubling()(inputs)['estimates'], Doubling().estimate(inputs))


def test_one_that_is_not_trained_says_so(make_batch):
    with pytest.raises(NotImplementedError, match='Doubling cannot be trained'):
        Doubling()(*make_batch(length=50), 'loss')


def test_short_waves_get_silence_behind_them_and_long_ones_are_refused():
    assert pad_to(torch.tensor([[1.0, 2.0]]), 4).tolist() == [[1.0, 2.0, 0.0, 0.0]]
    with pytest.raises(ValueError, match='5 samples exceed the window of 4: add CropPad'):
        pad_to(torch.ones(5), 4)
