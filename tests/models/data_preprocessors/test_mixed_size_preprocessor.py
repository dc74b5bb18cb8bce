import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.data_preprocessors import MixedSizePreprocessor
from mmavl.structures import AVDataSample


def test_pictures_stay_a_list_of_their_own_sizes_and_values():
    images = [torch.full((3, 4, 6), 255, dtype=torch.uint8), torch.zeros(3, 8, 2).byte()]
    data = {'inputs': {'image': images, 'waveform': [torch.ones(5), torch.zeros(5)]}}
    inputs = MixedSizePreprocessor()(data)['inputs']
    assert [tuple(image.shape) for image in inputs['image']] == [(3, 4, 6), (3, 8, 2)]
    assert inputs['image'][0].dtype == torch.float32
    assert inputs['image'][0].unique().tolist() == [255.0]
    assert inputs['waveform'].shape == (2, 5)


def test_a_sound_of_another_rate_than_the_models_is_refused():
    sample = AVDataSample(metainfo={'sample_rate': 16000, 'clip_id': 'a'})
    data = {'inputs': {'waveform': [torch.ones(5)]}, 'data_samples': [sample]}
    assert MixedSizePreprocessor(sample_rate=16000)(data)['inputs']['waveform'].shape == (1, 5)
    message = "16000 Hz, the model needs 32000 Hz .clip 'a'.: set sample_rate=32000 for LoadAudio"
    with pytest.raises(ConfigError, match=message):
        MixedSizePreprocessor(sample_rate=32000)(data)
