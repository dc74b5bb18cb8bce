import numpy as np
import pytest
import torch

from mmavl.errors import CheckpointError, ConfigError
from mmavl.models.backbones import MobileCRNN
from mmavl.preparation.pseudo_labels.teachers import CRNNTeacher

LABELS = ['Dog', 'Harp', 'Rain', 'Speech']


@pytest.fixture(scope='module')
def state():
    """A checkpoint in the published layout, of four labels."""
    torch.manual_seed(0)
    gru = torch.nn.GRU(1024, 128, bidirectional=True, batch_first=True)
    layer = torch.nn.Linear(256, 4)
    parts = {'features': MobileCRNN(), 'gru.rnn': gru, 'outputlayer': layer}
    return {f'{k}.{n}': v for k, part in parts.items() for n, v in part.state_dict().items()}


@pytest.fixture
def file(state, tmp_path):
    torch.save(state, tmp_path / 'mobilecrnn_v2.pth')
    return str(tmp_path / 'mobilecrnn_v2.pth')


def test_probabilities_are_those_of_the_published_graph(state, file):
    teacher = CRNNTeacher(file, LABELS)
    wave = np.sin(np.arange(22050, dtype=np.float32) / 5)
    found = teacher([wave, wave[:9000]])
    assert found.shape == (2, 4)

    backbone, gru = MobileCRNN(file).eval(), torch.nn.GRU(1024, 128, bidirectional=True)
    gru.load_state_dict({k[8:]: v for k, v in state.items() if k.startswith('gru.rnn.')})
    with torch.no_grad():
        sequence = backbone(teacher.spectrogram(torch.from_numpy(wave)[None]))
        assert sequence.shape[2] == 26 // 2
        hidden, _ = gru(sequence[0].transpose(0, 1).flatten(1))  # channels, then frequency
        frames = (hidden @ state['outputlayer.weight'].T + state['outputlayer.bias']).sigmoid()
    expected = (frames**2).sum(0) / frames.sum(0)
    assert np.allclose(found[0], expected, atol=1e-5)


def test_its_spectrogram_is_the_releases(file):
    librosa = pytest.importorskip('librosa')
    teacher = CRNNTeacher(file, LABELS)
    wave = np.random.default_rng(0).normal(size=22050).astype(np.float32)
    mel = librosa.feature.melspectrogram(y=wave, sr=22050, n_mels=64, n_fft=882, hop_length=441)
    ours = teacher.spectrogram(torch.from_numpy(wave)[None])[0, 0].numpy()
    assert teacher.sample_rate == 22050
    assert np.allclose(ours, np.log(mel + np.spacing(1)).T, atol=1e-3)


def test_a_label_list_of_another_length_is_refused(file):
    with pytest.raises(ConfigError, match=r'has 4 outputs, its label list 3 names'):
        CRNNTeacher(file, LABELS[:3])


def test_another_models_checkpoint_is_refused(tmp_path):
    torch.save({'conv.weight': torch.zeros(1)}, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError, match=r'x\.pth is not a checkpoint'):
        CRNNTeacher(str(tmp_path / 'x.pth'), LABELS)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        CRNNTeacher('/nowhere/x.pth', LABELS)
