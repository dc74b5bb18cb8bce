import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmavl.errors import CheckpointError
from mmavl.models.spectrograms import LogMelSpectrogram
from mmavl.taggers.audio import EfficientATTagger
from mmavl.taggers.audio.efficientat_tagger import AudioMobileNet

#: The tensors and shapes of the published mn04_as_mAP_432.pt.
PUBLISHED = json.loads(Path(__file__).with_name('mn04_published.json').read_text())
LABELS = [f'label {number}' for number in range(527)]


@pytest.fixture(scope='module')
def state():
    """Random weights with the published names and shapes."""
    generator = torch.Generator().manual_seed(0)
    made = {}
    for name, shape in PUBLISHED.items():
        made[name] = 0.1 * torch.randn(shape, generator=generator)
        if name.endswith(('running_var', '.1.weight')):
            made[name] = made[name].abs() + 0.5
        if name.endswith('num_batches_tracked'):
            made[name] = torch.tensor(1)
    return made


def sound(seconds):
    generator = torch.Generator().manual_seed(0)
    return 0.3 * torch.randn(2, round(seconds * 32000), generator=generator)


def test_the_published_tensors_fill_the_whole_network(state):
    assert sum(np.prod(s) for n, s in PUBLISHED.items() if 'running' not in n and s) == 983599
    net = AudioMobileNet(527, 0.4)
    net.load_published(state)  # strict
    assert torch.equal(net.net.classifier[3].weight, state['classifier.5.weight'])
    assert torch.equal(net.net.features[0][0].weight, state['features.0.0.weight'])


@torch.no_grad()
def test_squeeze_and_excitation_is_the_published_one_with_a_sigmoid(state):
    net = AudioMobileNet(527, 0.4).eval()
    net.load_published(state)
    prefix = 'features.4.block.2.conc_se_layers.0.'
    first, last = ([state[f'{prefix}fc{n}.{part}'] for part in ('weight', 'bias')] for n in (1, 2))
    x = torch.randn(2, len(last[1]), 6, 5, generator=torch.Generator().manual_seed(1))
    gate = F.linear(F.linear(x.mean((2, 3)), *first).relu(), *last).sigmoid()
    found = net.net.features[4].block[2](x)
    torch.testing.assert_close(found, x * gate[:, :, None, None])


def test_the_spectrogram_is_that_of_an_emphasised_frame():
    wave = sound(0.5)
    emphasised = wave[0, 1:].double() - 0.97 * wave[0, :-1].double()
    window = np.hanning(800)  # symmetric
    frame = emphasised[10 * 320 - 400 : 10 * 320 + 400].numpy() * window
    power = np.abs(np.fft.rfft(np.pad(frame, 112))) ** 2
    bands = LogMelSpectrogram(
        sample_rate=32000, n_mels=128, f_max=15000, mel_scale='tensorflow', norm=None
    ).bands  # straight in mel, as Kaldi's are
    expected = (np.log(power @ bands.double().numpy() + 1e-5) + 4.5) / 5
    found = AudioMobileNet(2, 0.4).log_mel(wave)
    assert found.shape == (2, 1, 128, 50)
    np.testing.assert_allclose(found[0, 0, :, 10].numpy(), expected, atol=2e-3)


@torch.no_grad()
def test_windows_of_a_sound_are_tagged_one_by_one(state, tmp_path):
    torch.save(state, tmp_path / 'mn04.pt')
    tagger = EfficientATTagger(str(tmp_path / 'mn04.pt'), LABELS, window=1, hop=1).eval()
    logits = tagger(sound(1.5))
    assert logits.shape == (2, 2, 527)
    torch.testing.assert_close(logits[:, 1], tagger.net(sound(1.5)[:, 16000:]))
    assert tagger(sound(0.1)).shape == (2, 1, 527)


def test_another_width_and_another_label_list_are_refused(state, tmp_path):
    torch.save(state, tmp_path / 'mn04.pt')
    with pytest.raises(CheckpointError, match=r'mn04\.pt does not fit a MobileNet of width 0\.5'):
        EfficientATTagger(str(tmp_path / 'mn04.pt'), LABELS, width=0.5)
    with pytest.raises(CheckpointError, match='with this label list'):
        EfficientATTagger(str(tmp_path / 'mn04.pt'), ['a'])
