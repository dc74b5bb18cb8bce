import numpy as np
import pytest
import torch

from mmavl.preparation.pseudo_labels.teachers import BaseTeacher
from mmavl.registry import MODELS


@MODELS.register_module()
class RateTeacher(BaseTeacher):
    """Hears half of the label 'low', and as much of 'high' as the sound is loud."""

    modality = 'audio'
    sample_rate = 4000

    def __init__(self, weights, labels=('low', 'high')):
        super().__init__(weights, labels, 'none')

    def probabilities(self, media):
        return torch.tensor([[0.5, np.abs(wave).max()] for wave in media])


@MODELS.register_module()
class GreyTeacher(BaseTeacher):
    """Sees as much of 'light' as the picture is bright; the rest is 'dark'."""

    modality = 'visual'

    def __init__(self, weights, labels=('dark', 'light')):
        super().__init__(weights, labels, 'none')

    def probabilities(self, media):
        light = torch.tensor([picture.mean() / 200 for picture in media])
        return torch.stack([1 - light, light], dim=1)


@pytest.fixture
def config(tmp_path):
    """Teachers for the manifest of ``data_root``: low is a cello, high strings of any kind."""
    (tmp_path / 'w.pth').write_bytes(b'weights')
    weights = str(tmp_path / 'w.pth')
    return {
        'audio': {
            'teacher': {'type': 'RateTeacher', 'weights': weights},
            'groups': {
                'type': 'TableGroups',
                'table': {'Cello': ['low'], 'strings': ['high'], 'wind': ['high']},
            },
        },
        'visual': {
            'teacher': {'type': 'GreyTeacher', 'weights': weights},
            'groups': {
                'type': 'TableGroups',
                'table': {'Cello': ['dark'], 'Flute': ['light'], 'Piano': ['dark', 'light']},
            },
        },
    }
