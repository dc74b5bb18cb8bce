import pytest
import torch
from torchaudio.functional import resample

from mmavl.errors import DataError
from mmavl.models.data_preprocessors import SeparationDataPreprocessor
from mmavl.registry import MODELS
from mmavl.separators import signal
from mmavl.separators.base_separator import BaseSeparator
from mmavl.separators.windows import cross_fades, window_starts

RATE = 11025
WINDOW = 4095
PREPROCESSOR = {'type': SeparationDataPreprocessor}
SPECTROGRAM = {'type': 'LogMelSpectrogram', 'sample_rate': 16000, 'hop_length': 160}


class Masking(BaseSeparator):
    """Multiplies each window's spectrum with given numbers, one for each source and window."""

    window = WINDOW

    def __init__(self, gains=((1.0,),), **options):
        super().__init__(PREPROCESSOR, **options)
        self.gains = torch.tensor(gains)  # [windows, n]
        self.calls = []

    def estimate(self, inputs):
        done = sum(len(call['mixture']) for call in self.calls)
        self.calls.append(inputs)
        spectrum = signal.stft(inputs['mixture'])[inputs['index']]
        count = len(inputs['mixture'])
        gains = self.gains[torch.arange(done, done + count) % len(self.gains)].flatten()
        masks = gains[:, None, None, None].expand(-1, 1, *spectrum.shape[-2:])
        return signal.reconstruct(masks, spectrum, inputs['mixture'].shape[-1])[:, 0]


def separate(model, waveform, frames, labels, sample_rate=None, **options):
    """All sources, [n, L]."""
    sources = model.separate(waveform, sample_rate, frames, labels, **options)
    assert [*sources] == [*labels]
    return torch.stack([*sources.values()])


def tone(length, hertz=441.0):
    return torch.sin(2 * torch.pi * hertz * torch.arange(length, dtype=torch.float64) / RATE)


@pytest.mark.parametrize('length', [WINDOW, WINDOW + 1, 2 * WINDOW, 30000])
@pytest.mark.parametrize('fade', [0.1, 0.25, 1 / 3])
def test_windows_cover_the_sound_and_their_weights_add_up_to_one(length, fade):
    starts = window_starts(length, WINDOW, fade)
    assert (starts[0], starts[-1]) == (0, length - WINDOW)
    apart = torch.tensor(starts).diff()
    assert (apart <= WINDOW - round(fade * WINDOW)).all()
    assert apart.numel() == 0 or apart.max() - apart.min() <= 1
    total = torch.zeros(length, dtype=torch.float64)
    for start, weight in zip(starts, cross_fades(starts, WINDOW, fade)):
        assert weight.min() >= 0
        assert weight.diff().abs().max() <= torch.pi / 2 / round(fade * WINDOW)
        total[start : start + WINDOW] += weight
    assert (total - 1).abs().max() < 1e-6


@pytest.mark.parametrize('fade', [0.0, 0.34])
def test_a_fade_out_of_its_range_is_refused(fade):
    with pytest.raises(ValueError, match='not in'):
        window_starts(9000, WINDOW, fade)


def test_masks_of_one_give_a_long_tone_back_without_a_trace_of_the_joins():
    wave = tone(6 * WINDOW + 123)
    (found,) = separate(Masking().eval(), wave, None, [0])
    assert (found - wave).abs().max() < 1e-5
    assert (found.diff() - wave.diff()).abs().max() < 1e-5


def test_where_neighbours_disagree_nothing_jumps_more_than_the_sound_itself():
    wave = tone(6 * WINDOW)
    gains = [[1.0, 0.0], [0.0, 1.0]]  # each window says the contrary of the last
    found = separate(Masking(gains).eval(), wave, None, [0, 1])
    steepest = wave.diff().abs().max()
    fading = torch.pi / 2 / (WINDOW // 4)  # the fade's own slope, of a wave of height one
    assert (found.diff().abs().amax(1) <= steepest + fading).all()
    assert found[0, :2000].allclose(wave[:2000].float(), atol=1e-5)
    assert found.abs().amin(0).max() < 0.51  # at each sample one of them at most half way
    assert (found.sum(0) - wave).abs().max() < 1e-5


def test_a_sound_shorter_than_a_window_gets_silence_behind_it_and_keeps_its_length():
    model = Masking().eval()
    wave = tone(700).float()
    found = separate(model, wave, None, [0])
    assert found.shape == (1, 700)
    assert (found - wave).abs().max() < 1e-5
    (call,) = model.calls
    assert torch.equal(call['mixture'][0, :700], wave)
    assert call['mixture'].shape == (1, WINDOW)
    assert not call['mixture'][0, 700:].any()


def test_channels_are_averaged():
    wave = torch.stack([tone(5000), torch.zeros(5000, dtype=torch.float64)])
    found = separate(Masking().eval(), wave, None, [0])
    assert (found - wave[0] / 2).abs().max() < 1e-5


@pytest.mark.parametrize('rate', [16000, 44100])
def test_sources_have_the_waveforms_own_rate_and_length(rate):
    time = torch.arange(rate * 2 + 1, dtype=torch.float64) / rate
    wave = torch.sin(2 * torch.pi * 500 * time)
    (found,) = separate(Masking().eval(), wave, None, [0], sample_rate=rate)
    assert found.shape == wave.shape
    inner = slice(rate // 10, -rate // 10)  # resampling knows nothing of what lies beyond the ends
    assert (found - wave)[inner].abs().max() < 0.01


def test_silence_gives_silence(localizer_config):
    found = separate(mix_and_separate(localizer_config), *silent_clip(), [0, 3])
    assert found.shape == (2, 20000)
    assert not found.any()


@pytest.mark.parametrize('value', [torch.nan, torch.inf])
def test_values_that_are_not_finite_are_named(value):
    wave = tone(9000)
    wave[1234] = value
    with pytest.raises(DataError, match='nan or inf values, first at sample 1234'):
        separate(Masking().eval(), wave, None, [0])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'waveform': torch.zeros(0)}, 'empty'),
        ({'waveform': torch.zeros(5, dtype=torch.int16)}, r'int16 \[5\], not float'),
        ({'waveform': torch.zeros(1, 1, 5)}, 'not float'),
        ({'labels': []}, 'labels is empty'),
        ({'labels': [0, -1]}, r'labels \[0, -1\] must not be below 0'),
        ({'sample_rate': 0}, 'sample_rate=0 .* above 0'),
        ({'batch_size': 0}, 'batch_size=0 must be above 0'),
        ({'frames': torch.full((3, 4, 4), torch.nan)}, 'frames have nan or inf'),
        ({'frames': torch.zeros(4, 4)}, r'frames are \[4, 4\]'),
        ({'frames': torch.zeros(3, 1, 3, 4, 4)}, 'frames of 3 sources, but 1 labels'),
        ({'boxes': torch.zeros(2, 4)}, r'boxes are \[2, 4\], not \[1, 4\]'),
    ],
)
def test_bad_arguments_are_refused_with_what_they_are(change, message):
    arguments = {'waveform': tone(9000), 'frames': None, 'labels': [0], **change}
    with pytest.raises(ValueError, match=message):
        separate(Masking().eval(), **arguments)


def test_what_a_guided_model_lacks_is_named(localizer_config):
    model = mix_and_separate(localizer_config)
    wave, frame = silent_clip()
    with pytest.raises(ValueError, match='MixAndSeparate needs frames'):
        separate(model, wave, None, [0])
    with pytest.raises(ValueError, match=r'labels \[9.*\]: the localizer has 4 classes'):
        separate(model, wave, frame, [9])


def test_a_model_in_training_mode_is_refused():
    with pytest.raises(ValueError, match='eval'):
        separate(Masking().train(), tone(9000), None, [0])


def test_a_window_sees_the_frame_nearest_to_its_centre_of_each_source():
    model = Masking([[1.0, 1.0]]).eval()
    frames = torch.arange(6).view(2, 3, 1, 1, 1).expand(2, 3, 3, 2, 2).to(torch.uint8)
    separate(model, tone(6 * WINDOW), frames, [0, 1], batch_size=3)
    shown = torch.cat([call['image'][:, 0, 0, 0] for call in model.calls])
    values = (shown * 58.395 + 123.675).round().view(-1, 2)
    assert values.tolist() == [[0, 3]] * 3 + [[1, 4]] * 2 + [[2, 5]] * 3


def test_each_window_has_a_span_of_seconds_inside_of_the_sound():
    model = Masking()
    first, second = model.window_spans(22050, 44100)  # 5513 samples at the model's rate
    assert first == (0, WINDOW / RATE)
    assert second == ((5513 - WINDOW) / RATE, 0.5)
    assert model.window_spans(4410, 44100) == [(0, 0.1)]
    model.window = None
    assert model.window_spans(4410000, 44100) == [(0, 100)]


def test_a_window_sees_its_own_frame_where_there_is_one_for_each():
    model = Masking().eval()
    wave = tone(6 * WINDOW)
    count = len(model.window_spans(len(wave), RATE))
    frames = torch.arange(count).view(-1, 1, 1, 1).expand(-1, 3, 2, 2).to(torch.uint8)
    separate(model, wave, frames, [0])
    shown = torch.cat([call['image'][:, 0, 0, 0] for call in model.calls])
    assert (shown * 58.395 + 123.675).round().tolist() == list(range(count))


def test_every_window_is_told_the_objects_boxes():
    model = Masking([[1.0, 1.0]]).eval()
    boxes = torch.tensor([[0, 0, 0.5, 1], [0.5, 0, 1, 1]])
    separate(model, tone(3 * WINDOW), torch.zeros(3, 2, 2), [2, 5], boxes=boxes)
    for call in model.calls:
        windows = len(call['mixture'])
        assert call['object_labels'].tolist() == [2, 5] * windows
        assert call['object_owners'].tolist() == list(range(2 * windows))
        assert torch.equal(call['object_boxes'], boxes.repeat(windows, 1))


def mix_and_separate(localizer_config):
    torch.manual_seed(0)
    config = {
        'type': 'MixAndSeparate',
        'data_preprocessor': {**PREPROCESSOR, 'spectrogram': SPECTROGRAM},
        'localizer': localizer_config,
        'guidance': {'type': 'VisualGuidance'},
        'unet': {'type': 'SeparationUNet', 'channels': 4, 'out_channels': 5, 'levels': 4},
        'synthesizer': {'type': 'LinearSynthesizer', 'in_channels': 8, 'channels': 5},
        'mask': 'ratio',
        'window': 32 * 256 - 1,
        'rows': 32,
    }
    return MODELS.build(config).eval()


def silent_clip():
    return torch.zeros(20000), torch.zeros(3, 64, 64, dtype=torch.uint8)


def test_one_window_of_a_real_model_is_what_a_batch_of_one_mixture_gives(localizer_config):
    model = mix_and_separate(localizer_config)
    generator = torch.Generator().manual_seed(0)
    wave = torch.rand(model.window, generator=generator) - 0.5
    frame = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=generator)
    found = separate(model, wave, frame, [1, 3])
    preprocessor = model.data_preprocessor
    heard = resample(wave[None], RATE, 16000)
    inputs = {
        'mixture': wave[None],
        'spectrogram': preprocessor.spectrogram(heard),
        'image': ((frame - preprocessor.mean) / preprocessor.std).expand(2, -1, -1, -1),
        'index': torch.tensor([0, 0]),
        'labels': torch.tensor([1, 3]),
    }
    with torch.no_grad():
        expected = model.estimate(inputs)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_each_frame_goes_through_the_backbone_once(localizer_config):
    model = mix_and_separate(localizer_config)
    seen = []
    backbone = model.visual_backbone
    hook = backbone.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    wave, frame = silent_clip()
    separate(model, wave, frame, [0, 1, 2], batch_size=1)
    hook.remove()
    assert seen == [1]


def test_inside_of_autocast_only_the_model_computes_in_another_format():
    model = Masking().eval()
    wave = tone(3 * WINDOW).float()
    expected = separate(model, wave, None, [0], 16000)
    with torch.autocast('cpu', torch.bfloat16):
        found = separate(model, wave, None, [0], 16000)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
