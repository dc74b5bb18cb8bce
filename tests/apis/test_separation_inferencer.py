import json
import re

import numpy as np
import pytest
import soundfile
import torch
from mmengine.structures import PixelData
from PIL import Image

from mmavl.apis import SeparationInferencer
from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.separators import BaseSeparator, FrameSeparator
from mmavl.visualization.drawing import SOUNDING


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

        self.seen = []

    def estimate(self, inputs):
        self.seen += inputs['image'].mean((1, 2, 3)).tolist()
        share = torch.tensor([0.75, 0.25])[inputs['labels']]
        return inputs['mixture'][inputs['index']] * share[:, None]


@MODELS.register_module(force=True)
class ToyPeer(FrameSeparator):
    """A source's share of the mixture is how bright what it is shown is, of 255."""

    def __init__(self, **kwargs):
        BaseSeparator.__init__(self, **kwargs)
        self.window = 10_000

    def logits(self, inputs, mixture):
        raise NotImplementedError

    def estimate(self, inputs):
        self.boxes = inputs['object_boxes'].tolist()
        share = inputs['image'].mean((1, 2, 3)) / 255
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
    assert content['format'] == 'mmavl.separation/2'
    assert content['samples'] == len(wave)
    assert content['sources'] == {'loud': 'clip.loud.wav', 'quiet': 'clip.quiet.wav'}


def test_what_is_heard_is_separated_and_the_best_one_where_nothing_is(config, media):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    wave = media.tone(1)
    dim = np.zeros((64, 64, 3), np.uint8)
    first, second = separate([(IMAGE, wave, 8000), (dim, wave, 8000)])['predictions']
    assert list(first.sources) == ['loud']
    assert list(second.sources) == ['loud']
    assert second.audio_probs == {'loud': 0.0, 'quiet': 0.0}


def test_sources_whose_files_would_be_one_get_different_ones(show, halves, media, tmp_path):
    box = (0, 0, 32, 32)
    labels = ['a b', 'A_b', 'b.c', 'caf\udce9', '..', '']
    clip = {'image': halves, 'audio': media.tone(1), 'sample_rate': 8000, 'name': 'x'}
    show()([clip], sources=dict.fromkeys(labels, box), out_dir=tmp_path)
    record = json.loads((tmp_path / 'x.json').read_text(encoding='utf-8'))
    assert list(record['sources']) == labels
    files = {name.casefold() for name in record['sources'].values()}
    assert len(files) == len(labels)
    assert {path.name for path in tmp_path.glob('*.wav')} == set(record['sources'].values())
    # another clip of the name 'x.b' would write x.b.c.wav
    assert record['sources']['b.c'] == 'x.b_c.wav'


@pytest.mark.parametrize(
    'options',
    [
        {'threshold': 2},
        {'num_sources': 0},
        {'labels': ['Violin']},
        {'sources': {'x': (0, 0, 1, 1)}},
    ],
)
def test_wrong_options_are_said_and_are_no_clips_failure(config, media, options):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    with pytest.raises(ValueError, match=r'threshold|num_sources|Violin|sources'):
        separate([(media.bright_corner(), media.tone(1), 8000)], **options)


def test_sources_that_are_not_finite_are_a_failure(config, media, monkeypatch):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    before = ToySeparator.estimate
    monkeypatch.setattr(ToySeparator, 'estimate', lambda *args: before(*args) * float('nan'))
    out = separate([(media.bright_corner(), media.tone(1), 8000)], labels=['loud'])
    assert out['predictions'] == []
    assert out['failures'][0].message == 'clip: the model returned sources that are not finite'


def test_a_videos_sound_is_separated_whole(config, media, tmp_path):
    path = media.write_clip(tmp_path / 'x.mkv', media.grey_frames(5), wave=media.tone(3),
                            sound_codec='pcm_f32le')  # fmt: skip
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    (found,) = separate(str(path), labels=['quiet'])['predictions']
    assert found.sample_rate == media.RATE
    assert resampled_error(found.sources['quiet'], 0.25 * media.tone(3)) < 0.01


def test_each_window_is_guided_by_what_the_video_shows_in_its_middle(config, media, tmp_path):
    # windows of 2.5 s in 6.5 s: they begin at 0, 4/3, 8/3 and 4 s
    path = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(20), fps=4, wave=media.tone(6.5),
        sound_codec='pcm_f32le',
    )  # fmt: skip
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    (found,) = separate(str(path), labels=['loud', 'quiet'])['predictions']
    expected = media.tone(6.5)
    seen = separate.model.seen  # per window, for both sources; the video ends before 5.25 s
    assert seen == pytest.approx([50, 50, 100, 100, 150, 150, 150, 150], abs=4)
    assert found.audio_probs['loud'] == pytest.approx(150 / 255, abs=0.02)
    for label, share in (('loud', 0.75), ('quiet', 0.25)):
        assert resampled_error(found.sources[label], share * expected) < 0.01


@pytest.mark.parametrize('seconds', [1, 9])
def test_an_mp4_is_read_twice_at_most(config, media, tmp_path, opens, seconds):
    frames = media.grey_frames(4 * seconds)
    path = str(media.write_clip(tmp_path / 'x.mp4', frames, fps=4, wave=media.tone(seconds)))
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    index = separate([path], labels=['loud', 'quiet'], out_dir=tmp_path / 'out')['index']
    assert [entry['name'] for entry in index['clips']] == ['x']
    assert opens == [path]


def test_probabilities_are_those_of_the_windows_that_are_separated(config, monkeypatch):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    lengths, before = [], type(separate.model).audio_probs

    def note(self, waveform, rate, frames):
        lengths.append((len(waveform), rate))
        return before(self, waveform, rate, frames)

    monkeypatch.setattr(type(separate.model), 'audio_probs', note)
    wave = np.zeros(44_101, np.float32)  # 8000.2 samples at 8 kHz, of which soxr gives 8000
    separate((IMAGE, wave, 44_100), labels=['loud'])
    assert lengths == [(8001, 8000)]


def test_a_blind_separator_with_windows_is_refused(config):
    config['model']['with_ear'] = False
    with pytest.raises(ConfigError, match='tell sources apart from window to window'):
        SeparationInferencer(config, device='cpu')


def test_samples_have_the_clips_own_rate(config, media):
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    clip = (IMAGE, media.tone(1, rate=11025).astype(np.float32), 11025)
    (sample,) = separate(clip, return_datasamples=True, labels=['quiet'])['predictions']
    assert sample.sample_rate == 11025
    assert sample.pred_sources.shape == (1, 11025)


@pytest.fixture
def show(config):
    """An inferencer of a separator that looks at each source."""
    peer = {**config, 'model': {**config['model'], 'type': 'ToyPeer'}}

    def make(uses_boxes=False):
        separate = SeparationInferencer(peer, device='cpu', show_progress=False)
        separate.model.uses_boxes = uses_boxes
        return separate

    return make


@pytest.fixture
def halves():
    """A frame whose left half is bright."""
    frame = np.zeros((40, 80, 3), np.uint8)
    frame[:, :40] = 200
    return frame


def test_each_source_is_what_its_box_or_picture_shows(show, halves, media, tmp_path):
    Image.new('RGB', (9, 9), (100, 100, 100)).save(tmp_path / 'drum.png')
    sources = {'left': (0, 0, 40, 40), 'right': (40, 0, 80, 40), 'drum': tmp_path / 'drum.png'}
    wave = media.tone(4)
    (found,) = show()((halves, wave, media.RATE), sources=sources)['predictions']
    assert list(found.sources) == ['left', 'right', 'drum']
    assert found.audio_probs == {}
    for name, share in (('left', 200), ('right', 0), ('drum', 100)):
        assert resampled_error(found.sources[name], share / 255 * wave) < 0.01


def test_the_picture_has_the_boxes_and_the_pictures_that_showed_the_sources(
    show, halves, media, tmp_path
):
    sources = {'left': (10, 10, 30, 30), 'drum': np.full((9, 9, 3), (1, 2, 250), np.uint8)}
    show()((halves, media.tone(1), media.RATE), sources=sources, out_dir=str(tmp_path / 'out'))
    (file,) = (tmp_path / 'out').rglob('*.png')
    picture = np.asarray(Image.open(file).convert('RGB')).reshape(-1, 3)
    green = (picture == SOUNDING).all(1).sum()
    # a square of 20 px, drawn 6.4 times as large by lines of two pixels, its name, a legend
    assert 4 * 2 * 128 * 0.9 < green < 4 * 2 * 128 * 4
    assert ((picture == (1, 2, 250)).all(1)).sum() == 256 * 256


def test_where_the_model_uses_boxes_it_sees_the_whole_frame_and_is_told_them(show, halves, media):
    separate = show(uses_boxes=True)
    sources = {'right': (40, 10, 80, 40), 'drum': np.full((9, 9, 3), 50, np.uint8)}
    wave = media.tone(1)
    (found,) = separate((halves, wave, media.RATE), sources=sources)['predictions']
    for name, share in (('right', 100), ('drum', 50)):
        assert resampled_error(found.sources[name], share / 255 * wave) < 0.01
    assert separate.model.boxes == [[0.5, 0.25, 1, 1], [0, 0, 1, 1]]


def test_a_box_outside_of_the_frame_fails_its_clip_alone(show, halves, media):
    clips = [(frame, media.tone(1), media.RATE) for frame in (halves[:20], halves)]
    out = show()(clips, sources={'x': (0, 0, 80, 40)})
    assert len(out['predictions']) == 1
    (failure,) = out['failures']
    message = r"clip 'clip': the box .* of 'x' is not inside the frame, 80 x 20 pixels"
    assert re.fullmatch(message, failure.message)


def test_sources_and_labels_go_to_the_models_that_take_them(config, show, halves, media):
    guided = SeparationInferencer(config, device='cpu', show_progress=False)
    clip = (halves, media.tone(1), media.RATE)
    with pytest.raises(ValueError, match='ToySeparator does not take sources'):
        guided(clip, sources={'x': (0, 0, 9, 9)})
    with pytest.raises(ValueError, match='labels name a class twice: loud, loud'):
        guided(clip, labels=['loud', 'loud'])
    for options in ({}, {'labels': ['loud']}):
        with pytest.raises(ValueError, match=r'ToyPeer does not take labels: .*--sources'):
            show()(clip, **options)
    with pytest.raises(ValueError, match=r"source 'x': \(9.0, 0.0, 0.0, 9.0\) is not a box"):
        show()(clip, sources={'x': (9, 0, 0, 9)})


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


@MODELS.register_module(force=True)
class ToyShares(ToySeparator):
    """Its sources add up to the mixture."""

    adds_up = True


def test_a_single_name_gets_the_mixture_and_that_is_said(config, media, tmp_path):
    config['model']['type'] = 'ToyShares'
    separate = SeparationInferencer(config, device='cpu', show_progress=False)
    note = 'only loud was separated, and gets the whole mixture: add other sounds to labels'
    clip = [(IMAGE, media.tone(1), 8000)]
    (found,) = separate(clip, out_dir=tmp_path)['predictions']
    assert found.note == note
    assert json.loads((tmp_path / 'clip.json').read_text())['note'] == note
    assert json.loads((tmp_path / 'results.json').read_text())['clips'][0]['note'] == note
    (found,) = separate(clip, labels=['loud', 'quiet'], out_dir=tmp_path)['predictions']
    assert found.note == ''
    assert 'note' not in json.loads((tmp_path / 'clip.json').read_text())
    assert 'note' not in json.loads((tmp_path / 'results.json').read_text())['clips'][0]


def test_a_family_is_no_source_beside_its_own_class(config, media):
    metainfo = config['test_dataloader']['dataset']['metainfo']
    both = np.full((64, 64, 3), 255, np.uint8)
    names = []
    for families in ({}, {'loud': ['quiet']}):
        metainfo['families'] = families
        separate = SeparationInferencer(config, device='cpu', show_progress=False)
        (found,) = separate([(both, media.tone(1), 8000)])['predictions']
        names.append([*found.sources])
    assert names == [['loud', 'quiet'], ['quiet']]


@pytest.mark.parametrize(
    ('weights', 'model'), [(None, 'separation_real'), ('epoch_20.pth', 'separation_scenes')]
)
def test_the_default_needs_no_weights(monkeypatch, weights, model):
    asked = []

    def load(*args):
        asked.extend(args)
        raise ConfigError('enough')

    monkeypatch.setattr('mmavl.apis.base_av_inferencer.load_model', load)
    with pytest.raises(ConfigError, match='enough'):
        SeparationInferencer(weights=weights)
    assert asked == [model, weights, None]
