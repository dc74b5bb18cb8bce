import pytest
import torch
from mmengine.dataset import pseudo_collate

from mmavl.models.data_preprocessors import AVDataPreprocessor
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

SPECTROGRAM = {'type': 'LogMelSpectrogram', 'sample_rate': 22050}


def batch(count=2, **inputs):
    """As the loader makes it: sample i has the values given, plus i."""
    samples = [
        {
            'inputs': {name: value + index for name, value in inputs.items()},
            'data_samples': AVDataSample(metainfo={'clip_id': f'c{index}', 'sample_rate': 22050}),
        }
        for index in range(count)
    ]
    return pseudo_collate(samples)


def test_images_are_normalised_channel_by_channel():
    image = torch.tensor([10, 20, 30], dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 6)
    out = AVDataPreprocessor(mean=(5, 10, 15), std=(1, 2, 4))(batch(image=image))
    assert out['inputs']['image'].dtype == torch.float32
    assert out['inputs']['image'].shape == (2, 3, 4, 6)
    assert out['inputs']['image'][:, :, 0, 0].tolist() == [[5, 5, 3.75], [6, 5.5, 4]]
    assert out['inputs']['image'][0, 0].unique().tolist() == [5]


def test_the_defaults_are_imagenets():
    preprocessor = AVDataPreprocessor()
    white = torch.full((3, 1, 1), 255, dtype=torch.uint8)
    image = preprocessor(batch(1, image=white))['inputs']['image'].flatten()
    expected = [(1 - m) / s for m, s in zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
    assert image.tolist() == pytest.approx(expected, rel=1e-4)


def test_waveforms_are_stacked_and_get_their_spectrogram_in_one_call():
    preprocessor = MODELS.build({'type': 'AVDataPreprocessor', 'spectrogram': SPECTROGRAM})
    calls = []
    preprocessor.spectrogram.register_forward_hook(lambda *args: calls.append(1))
    waveform = torch.sin(torch.arange(22050) / 5) * 0.1
    inputs = preprocessor(batch(waveform=waveform))['inputs']
    assert torch.equal(inputs['waveform'], torch.stack([waveform, waveform + 1]))
    assert inputs['spectrogram'].shape == (2, 1, 51, 64)
    assert len(calls) == 1
    assert torch.equal(inputs['spectrogram'][1:], preprocessor.spectrogram(waveform[None] + 1))


def test_features_are_stacked_as_float32_and_left_as_they_are():
    half = torch.ones(5, 2, 2, dtype=torch.float16)
    inputs = AVDataPreprocessor(spectrogram=SPECTROGRAM)(
        batch(image_features=half, audio_features=half)
    )['inputs']
    assert set(inputs) == {'image_features', 'audio_features'}
    assert inputs['image_features'].dtype == torch.float32
    assert inputs['audio_features'][1].unique().tolist() == [2]


def test_data_samples_come_along_or_are_none():
    preprocessor = AVDataPreprocessor()
    data = batch(waveform=torch.zeros(4))
    assert [s.clip_id for s in preprocessor(data)['data_samples']] == ['c0', 'c1']
    assert preprocessor({'inputs': data['inputs'], 'data_samples': None})['data_samples'] is None
    assert preprocessor({'inputs': data['inputs']})['data_samples'] is None


def test_everything_goes_to_the_models_device():
    preprocessor = AVDataPreprocessor().to('meta')
    data = batch(waveform=torch.zeros(9), image=torch.zeros(3, 4, 4))
    data['data_samples'][0].gt_tags = torch.zeros(3)
    out = preprocessor(data)
    assert {value.device.type for value in out['inputs'].values()} == {'meta'}
    assert out['data_samples'][0].gt_tags.device.type == 'meta'


@pytest.mark.parametrize(
    ('name', 'shapes', 'advice'),
    [
        ('waveform', [(22050,), (22051,)], 'CropPadAudio'),
        ('image', [(3, 4, 4), (3, 4, 5)], 'Resize'),
        ('audio_features', [(2, 3), (2, 4)], 'cache the features'),
    ],
)
def test_samples_that_cannot_be_stacked_name_the_transform_that_mends_it(name, shapes, advice):
    data = {'inputs': {name: [torch.zeros(shape) for shape in shapes]}}
    with pytest.raises(
        ValueError, match=rf"'{name}' has different shapes.*{shapes[1][-1]}.*{advice}"
    ):
        AVDataPreprocessor()(data)


def test_a_rate_that_is_not_the_spectrograms_is_refused():
    data = batch(waveform=torch.zeros(16000))
    data['data_samples'][1].set_metainfo({'sample_rate': 16000})
    with pytest.raises(ValueError, match=r"16000 Hz.* 22050 Hz \(clip 'c1'\).*same sample_rate"):
        AVDataPreprocessor(spectrogram=SPECTROGRAM)(data)
    assert AVDataPreprocessor()(data)['inputs']['waveform'].shape == (2, 16000)


def test_a_checkpoint_holds_nothing_of_it():
    assert AVDataPreprocessor(spectrogram=SPECTROGRAM).state_dict() == {}


@pytest.mark.parametrize('dtype', [torch.float16, torch.float32, torch.float64, torch.bfloat16])
def test_features_of_any_format_are_stacked_inside_of_autocast_too(dtype):
    data = batch(image_features=torch.full((5, 2, 2), 0.1, dtype=dtype))
    outside = AVDataPreprocessor()(data)['inputs']['image_features']
    with torch.autocast('cpu', torch.bfloat16):
        inside = AVDataPreprocessor()(data)['inputs']['image_features']
    assert inside.dtype == torch.float32
    assert torch.equal(inside, outside)


def test_the_models_input_is_the_same_inside_of_autocast():
    preprocessor = AVDataPreprocessor(spectrogram=SPECTROGRAM)
    image = torch.arange(48, dtype=torch.uint8).view(3, 4, 4)
    data = batch(image=image, waveform=torch.sin(torch.arange(22050) / 5) * 0.1)
    outside = preprocessor(data)['inputs']
    with torch.autocast('cpu', torch.bfloat16):
        inside = preprocessor(data)['inputs']
        assert torch.is_autocast_enabled('cpu')
    for name, value in outside.items():
        assert inside[name].dtype == torch.float32
        assert torch.equal(inside[name], value), name
