import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmavl.errors import CheckpointError, ConfigError
from mmavl.taggers.audio import PANNsTagger, panns_tagger
from mmavl.taggers.audio.panns_tagger import Cnn14

#: The published checkpoints' tensors and their shapes.
PUBLISHED = json.loads(Path(__file__).with_name('cnn14_published.json').read_text())
SMALL = (4, 4, 6, 6, 8, 8)
LABELS = ['Speech', 'Dog', 'Guitar']


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A small network with random weights, and its file, which is laid out as the published."""
    monkeypatch.setattr(panns_tagger.Cnn14.__init__, '__defaults__', (SMALL,))
    torch.manual_seed(0)
    net = Cnn14(len(LABELS)).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    net.bn0.running_mean.fill_(-30)
    net.bn0.running_var.fill_(400)
    state = {
        'spectrogram_extractor.stft.conv_real.weight': torch.zeros(513, 1, 1024),
        'spectrogram_extractor.stft.conv_imag.weight': torch.zeros(513, 1, 1024),
        'logmel_extractor.melW': net.spectrogram.bands,
        **net.state_dict(),
    }
    path = tmp_path / 'Cnn14.pth'
    sampler = {'queue': [1], 'indexes_per_class': [np.arange(3)], 'pointers': np.float64(2)}
    content = {'iteration': 600000, 'model': state, 'sampler': sampler}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(b'numpy._core.', b'numpy.core.'))  # as in 2020
    return net, str(path)


def sound(seconds):
    generator = torch.Generator().manual_seed(0)
    return 0.3 * torch.randn(2, round(seconds * 32000), generator=generator)


def test_the_layers_are_those_of_the_published_checkpoints():
    layers = {name: list(value.shape) for name, value in Cnn14(527).state_dict().items()}
    front_end = {name for name in PUBLISHED if '_extractor.' in name}
    assert len(front_end) == 3
    assert layers == {name: PUBLISHED[name] for name in PUBLISHED.keys() - front_end}


def test_the_spectrogram_is_librosas_down_to_silence():
    librosa = pytest.importorskip('librosa')
    wave = torch.cat([sound(0.5), torch.zeros(2, 8000)], 1)
    mel = librosa.feature.melspectrogram(
        y=wave[0].numpy(), sr=32000, n_fft=1024, hop_length=320, n_mels=64, fmin=50,
        fmax=14000, pad_mode='reflect',
    )  # fmt: skip
    found = Cnn14(2, SMALL).decibels(wave)[0, 0].T.numpy()
    np.testing.assert_allclose(found, librosa.power_to_db(mel, top_db=None), atol=1e-2)
    assert found.min() == pytest.approx(-100)


@torch.no_grad()
def test_decisions_of_segments_come_every_32_frames(checkpoint):
    net, path = checkpoint
    tagger = PANNsTagger(path, LABELS).eval()
    logits = tagger(sound(2))
    assert logits.shape == (2, 6, 3)  # 201 frames
    x = net._features(sound(2))
    around = torch.stack([x[:, :, 1:4].amax(2) + x[:, :, 1:4].mean(2)])[0]
    expected = net.fc_audioset(net.fc1(around).relu())
    torch.testing.assert_close(logits[:, 2], expected)
    assert tagger(sound(0.01)).shape == (2, 1, 3)


@torch.no_grad()
def test_cnn14_decides_once_a_window(checkpoint):
    net, path = checkpoint
    tagger = PANNsTagger(path, LABELS, name='Cnn14', window=1, hop=0.5).eval()
    logits = tagger(sound(2.2))
    assert logits.shape == (2, 4, 3)  # 0, 0.5, 1 and the last second
    torch.testing.assert_close(logits[:, 3], net.of_clip(sound(2.2)[:, -32000:]))
    short = torch.cat([sound(0.3), torch.zeros(2, 32000 - 9600)], 1)
    torch.testing.assert_close(tagger(sound(0.3))[:, 0], net.of_clip(short))


def test_other_weights_another_label_list_and_another_name_are_refused(checkpoint, tmp_path):
    path = checkpoint[1]
    with pytest.raises(CheckpointError, match=r'Cnn14\.pth does not fit Cnn14_DecisionLevelMax'):
        PANNsTagger(path, ['a', 'b'])
    torch.save({'conv1.weight': torch.zeros(2)}, tmp_path / 'other.pth')
    with pytest.raises(CheckpointError, match=r'other\.pth does not fit'):
        PANNsTagger(str(tmp_path / 'other.pth'), LABELS)
    with pytest.raises(ConfigError, match="name='Cnn6' must be"):
        PANNsTagger(path, LABELS, name='Cnn6')
