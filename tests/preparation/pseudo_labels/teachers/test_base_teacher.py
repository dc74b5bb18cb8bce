import math

import numpy as np
import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.preparation.pseudo_labels.teachers import BaseTeacher


class Loudness(BaseTeacher):
    """Its two outputs are a sound's greatest and smallest value."""

    modality = 'audio'

    def probabilities(self, media):
        return self.activate(torch.tensor([[sound.max(), sound.min()] for sound in media]))


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / 'w.bin'
    path.touch()
    return str(path)


@pytest.mark.parametrize(
    ('activation', 'expected'),
    [
        ('none', [1.0, -1.0]),
        ('sigmoid', [1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))]),
        ('softmax', [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))]),
    ],
)
def test_outputs_become_probabilities_of_labels(weights, activation, expected):
    teacher = Loudness(weights, ['loud', 'quiet'], activation)
    found = teacher([np.array([-1.0, 0.5, 1.0], np.float32)])
    assert found.dtype == np.float32
    assert found.tolist() == [pytest.approx(expected, abs=1e-6)]


def test_an_unknown_activation_names_those_there_are(weights):
    with pytest.raises(ConfigError, match="'relu' must be one of sigmoid, softmax, none"):
        Loudness(weights, ['loud', 'quiet'], 'relu')


def test_labels_that_do_not_fit_the_outputs_are_refused(weights):
    with pytest.raises(ConfigError, match=r'w\.bin has 2 outputs, its label list 3 names'):
        Loudness(weights, ['loud', 'quiet', 'silent'], 'none')([np.ones(3, np.float32)])


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='none\\.bin'):
        Loudness(str(tmp_path / 'none.bin'), ['loud', 'quiet'], 'none')
