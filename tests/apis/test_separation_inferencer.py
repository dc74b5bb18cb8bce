import json

import numpy as np
import pytest
import soundfile
import torch
from mmengine.structures import PixelData

from mmavl.apis import SeparationInferencer
from mmavl.apis.separation import overlap_add
from mmavl.errors import ConfigError
from mmavl.models.separators.base_separator import BaseSeparator
from mmavl.registry import MODELS


class _Ear(torch.nn.Module):
    """Hears 'loud' and 'quiet' as loud as the image's first pixel says."""

    def predict(self, inputs, samples):
        for sample, image in zip(samples, inputs['image']):
            sample.pred_tags = image[0, 0, :2] / 255
            sample.pred_maps = PixelData(data=torch.zeros(0, 4, 4))
        return samples


@MODELS.register_module(force=True)
class ToySeparator(BaseSeparator):
    """'loud' is three quarters of the mixture, 'quiet' one quarter."""

    window = 10_000

    def __init__(self, with_ear=True, **kwargs):
        super().__init__(**kwargs)
        if with_ear:
            self.localizer = _Ear()

    def separate(self, inputs):
        share = torch.tensor([0.75, 0.25])[inputs['labels']]
        return inputs['mixture'][inputs['index']] * share[:, None]


@pytest.fixture
def config(media):
    config = media.toy_config(seconds=2.5)
    spectrogram = {'type': 'LogMelSpectrogram', 'sample_rate': media.RATE}
    config['model'] = {
        'type': 'ToySeparator',
        'data_preprocessor': {
            'type': 'SeparationDataPreprocessor',
            'mean': (0, 0, 0),
            'std': (1, 1, 1),
            'sample_rate': 4000,
            'spectrogram': spectrogram,
        },
    }
    return config


IMAGE = np.zeros((64, 64, 3), np.uint8)
IMAGE[0, 0] = 255


def resampled_error(estimate, expected):
    inner = slice(200, -200)
    return np.abs(estimate[inner] - expected[inner]).max()


def test_windows_together_give_the_whole_without_seams():
    mixture = torch.arange(1.0, 101.0)
    spans = []

    def separate(start, stop):
        spans.append((start, stop))
        return torch.stack([mixture[start:stop], -mixture[start:stop]])

    whole = overlap_add(separate, 100, window=30, hop=20)
    assert spans == [(0, 30), (20, 50), (40, 70), (60, 90), (80, 100)]
    assert torch.allclose(whole[0], mixture)
    assert torch.allclose(whole[1], -mixture)


def test_where_windows_disagree_one_fades_into_the_other():
    whole = overlap_add(lambda a, b: torch.full((1, b - a), float(a > 0)), 6, window=4, hop=2)
    # weights 1 2 2 1 and 1 2 2 1, two samples later
    assert whole[0].tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1, 1])


def test_sources_are_as_long_as_the_sound_at_its_own_rate(config, media, tmp_path):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    wave = media.tone(7.3, rate=11025, gain=0.8, frequency=300).astype(np.float32)
    out = separate([(IMAGE, wave, 11025)], labels=['loud', 'quiet'], out_dir=tmp_path)
    (found,) = out['predictions']
    assert (found.sample_rate, found.model_rate) == (11025, 4000)
    for label, share in (('loud', 0.75), ('quiet', 0.25)):
        assert found.sources[label].shape == wave.shape
        assert resampled_error(found.sources[label], share * wave) < 0.01
        saved, rate = soundfile.read(tmp_path / f'clip.{label}.wav', dtype='float32')
        assert rate == 11025
        assert np.array_equal(saved, found.sources[label])
    content = json.loads((tmp_path / 'clip.json').read_text())
    assert content['format'] == 'mmavl.separation/1'
    assert content['samples'] == len(wave)
    assert content['sources'] == {'loud': 'clip.loud.wav', 'quiet': 'clip.quiet.wav'}


def test_what_is_heard_is_separated_and_the_best_one_where_nothing_is(config, media):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    wave = media.tone(1)
    dim = np.zeros((64, 64, 3), np.uint8)
    first, second = separate([(IMAGE, wave, 8000), (dim, wave, 8000)])['predictions']
    assert list(first.sources) == ['loud']
    assert list(second.sources) == ['loud']
    assert second.heard == {'loud': 0.0, 'quiet': 0.0}


def test_a_videos_sound_is_separated_whole(config, media, tmp_path):
    path = media.write_clip(tmp_path / 'x.mkv', media.grey_frames(5), wave=media.tone(3),
                            sound_codec='pcm_f32le')  # fmt: skip
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    (found,) = separate(str(path), labels=['quiet'])['predictions']
    assert found.sample_rate == media.RATE
    assert resampled_error(found.sources['quiet'], 0.25 * media.tone(3)) < 0.01


def test_a_separator_that_needs_a_frame_of_each_source_is_refused(config):
    config['model']['with_ear'] = False
    with pytest.raises(ConfigError, match='which is no separator with a localizer'):
        SeparationInferencer(config, device='cpu')


def test_a_separator_without_a_localizer_numbers_its_sources(config, media):
    config['model'] = {
        'type': 'NMFMFCC',
        'templates': 4,
        'iterations': 3,
        'data_preprocessor': {'type': 'SeparationDataPreprocessor'},
    }
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    wave = media.tone(1.5, frequency=200) + media.tone(1.5, frequency=1500)
    (found,) = separate((IMAGE, wave, 8000), num_sources=3)['predictions']
    assert list(found.sources) == ['source 1', 'source 2', 'source 3']
    assert resampled_error(sum(found.sources.values()), wave) < 0.02
