import torch

from mmavl.models.data_preprocessors import MixedSizePreprocessor


def test_pictures_stay_a_list_of_their_own_sizes_and_values():
    images = [torch.full((3, 4, 6), 255, dtype=torch.uint8), torch.zeros(3, 8, 2).byte()]
    data = {'inputs': {'image': images, 'waveform': [torch.ones(5), torch.zeros(5)]}}
    inputs = MixedSizePreprocessor()(data)['inputs']
    assert [tuple(image.shape) for image in inputs['image']] == [(3, 4, 6), (3, 8, 2)]
    assert inputs['image'][0].dtype == torch.float32
    assert inputs['image'][0].unique().tolist() == [255.0]
    assert inputs['waveform'].shape == (2, 5)
