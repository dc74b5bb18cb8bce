"""What every registered separator does with a whole recording."""

import pytest
import torch
from mmengine.registry import init_default_scope

from mmavl.registry import MODELS
from mmavl.separators import BaseSeparator
from mmavl.separators.signal import resample

from ..small_models import LOCALIZER
from .conftest import SEEING
from .test_tagged_nmf import BandLocalizer  # noqa: F401  its registration

RATE = 11025
UNET = {'type': 'SeparationUNet', 'channels': 4, 'levels': 4}
GUIDED = {**UNET, 'out_channels': 1, 'guide_channels': 6}
SMALL = {'window': 32 * 256 - 1, 'rows': 32}
MIXER = {
    'type': 'MixAndSeparate',
    'localizer': LOCALIZER,
    'unet': {**UNET, 'out_channels': 5},
    'synthesizer': {'type': 'LinearSynthesizer', 'in_channels': 8, 'channels': 5},
    **SMALL,
}
CLASSIFIER = {'type': 'SpectrogramClassifier', 'num_classes': 4, 'channels': 4, 'depth': 3}
CONFIGS = {
    'visual': {**MIXER, 'guidance': {'type': 'VisualGuidance'}, 'mask': 'ratio'},
    'audio': {**MIXER, 'guidance': {'type': 'AudioGuidance'}, 'share': True, 'threshold': None},
    'Grad-CAM': {'type': 'GradCAMMask', 'localizer': LOCALIZER, 'share': True, **SMALL},
    'AV-Mix-Sep': {'type': 'AVMixSep', 'unet': GUIDED, **SEEING},
    'Sound of Pixels': {
        'type': 'SoundOfPixels',
        'unet': {**UNET, 'out_channels': 5},
        'synthesizer': {'type': 'LinearSynthesizer', 'channels': 5},
        **SEEING,
    },
    'Co-Separation': {
        'type': 'CoSeparation', 'unet': GUIDED, 'classifier': CLASSIFIER, **SEEING,
    },
    'NMF-MFCC': {'type': 'NMFMFCC', 'templates': 6, 'iterations': 5},
    'by name': {
        'type': 'TaggedNMF', 'localizer': {'type': 'BandLocalizer'}, 'templates': [6],
        'iterations': 5, 'steps': 2, 'window': 16_000,
    },
}  # fmt: skip


def build(name):
    torch.manual_seed(0)
    init_default_scope('mmavl')
    config = CONFIGS[name]
    preprocessor = {'type': 'SeparationDataPreprocessor'}
    if config['type'] in ('MixAndSeparate', 'GradCAMMask'):
        spectrogram = {'type': 'LogMelSpectrogram', 'sample_rate': 16000, 'hop_length': 160}
        preprocessor['spectrogram'] = spectrogram
    if config['type'] == 'TaggedNMF':
        preprocessor['sample_rate'] = 16000
    model = MODELS.build({**config, 'data_preprocessor': preprocessor}).eval()
    model.dataset_meta = {'classes': ['low', 'middle', 'high', 'nothing']}
    return model


def recording(samples, rate):
    """A low tone in bursts and a higher one in others."""
    time = torch.arange(samples) / rate
    low = torch.sin(6.28 * 300 * time) * (time % 0.5 < 0.3)
    return 0.1 * (low + torch.sin(6.28 * 2000 * time) * (time % 0.7 < 0.4))


def frames(count):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 64, 64), dtype=torch.uint8, generator=generator)


def test_every_registered_separator_is_here():
    registered = {
        name
        for name, kind in MODELS.module_dict.items()
        if isinstance(kind, type)
        and issubclass(kind, BaseSeparator)
        and kind.__module__.startswith('mmavl.')
    }
    assert registered == {config['type'] for config in CONFIGS.values()}


@pytest.mark.parametrize('name', CONFIGS)
def test_a_recording_of_a_window_gives_what_a_batch_of_one_mixture_gives(name):
    model = build(name)
    rate = model.data_preprocessor.sample_rate
    wave, picture = recording(model.window or 9000, rate), frames(1)[0]
    sources = model.separate(wave, rate, picture, ['low', 'middle'])
    preprocessor = model.data_preprocessor
    inputs = {
        'mixture': wave[None],
        'image': ((picture - preprocessor.mean) / preprocessor.std).expand(2, -1, -1, -1),
        'index': torch.tensor([0, 0]),
        'labels': torch.tensor([0, 1]),
    }
    if preprocessor.spectrogram is not None:
        heard = resample(wave[None], rate, 16000)[:, : round(len(wave) * 16000 / rate)]
        inputs['spectrogram'] = preprocessor.spectrogram(heard)
    with torch.no_grad():
        expected = model.estimate(inputs)
    assert [*sources] == ['low', 'middle']
    assert expected.abs().max() > 1e-3
    found = torch.stack([*sources.values()])
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize('name', CONFIGS)
def test_a_long_recording_at_another_rate_keeps_rate_length_and_sources(name):
    model = build(name)
    wave = recording(50_001, 22050)
    labels = ['low', 'high', 'middle']
    sources = model.separate(torch.stack([wave, wave]), 22050, frames(4), labels)
    assert [*sources] == labels
    for source in sources.values():
        assert source.shape == wave.shape
        assert source.dtype == torch.float32
        assert source.isfinite().all()
    by_number = model.separate(wave, 22050, frames(4), [0, 2, 1])
    if model.needs_classes:
        for name, number in zip(labels, (0, 2, 1)):
            assert torch.equal(sources[name], by_number[number])
        with pytest.raises(
            ValueError, match="unknown class 'Violin'; choose from low, middle, high"
        ):
            model.separate(wave, 22050, frames(1), ['Violin'])
    else:
        with pytest.raises(ValueError, match='does not predict classes: give labels'):
            model.separate(wave, 22050, frames(1))


def test_names_of_sources_are_free_where_there_are_no_classes():
    model = build('NMF-MFCC')
    wave = recording(9000, RATE)
    sources = model.separate(wave, labels=['a', 'b'])
    torch.testing.assert_close(sources['a'] + sources['b'], wave, atol=1e-3, rtol=0)
    with pytest.raises(ValueError, match=r"labels \['a', 'a'\] name a source twice"):
        model.separate(wave, labels=['a', 'a'])


@pytest.mark.parametrize(
    ('heights', 'expected'),
    [
        ([[2.0, -9, -9, -9], [-9.0, 1, -9, -9], [-9.0, -9, -9, -9]], ['low', 'middle']),
        ([[-4.0, -9, -3, -9]] * 3, ['high']),  # nothing is likely: the likeliest
    ],
)
def test_without_labels_it_separates_what_its_localizer_hears_in_any_window(
    monkeypatch, heights, expected
):
    model = build('visual')
    calls = iter(heights)

    def predict(inputs, samples):
        assert set(inputs) == {'image', 'waveform', 'spectrogram'}
        samples[0].pred_tags = torch.tensor(next(calls)).sigmoid()
        return samples

    monkeypatch.setattr(model.localizer, 'predict', predict)
    wave = recording(20_000, RATE)
    sources = model.separate(wave, RATE, frames(3))
    assert [*sources] == expected
    again = model.separate(wave, RATE, frames(3), expected)
    assert all(torch.equal(sources[label], again[label]) for label in expected)


def test_what_is_missing_for_hearing_classes_is_said():
    model = build('visual')
    with pytest.raises(ValueError, match='the localizer of MixAndSeparate needs frames'):
        model.separate(recording(9000, RATE), RATE)
    model.dataset_meta = {}
    with pytest.raises(ValueError, match='MixAndSeparate has no dataset_meta with class names'):
        model.separate(recording(9000, RATE), RATE, frames(1))
