import math

import pytest
import torch
from torch import nn

from mmavl.errors import CheckpointError, ConfigError
from mmavl.taggers.audio.windows import in_steps, load_tagger, over_windows


def first_and_last(waveform):
    """A network whose two logits are a window's first and last sample."""
    return waveform[:, [0, -1]]


def counted(length):
    """Samples 1, 2, 3, ..., and the same with another sign: [2, length]."""
    wave = torch.arange(1.0, length + 1)
    return torch.stack([wave, -wave])


@pytest.mark.parametrize(
    ('length', 'expected'),
    [
        (4, [[1, 4]]),
        (5, [[1, 4], [2, 5]]),  # the last window ends the sound, whatever the hop
        (7, [[1, 4], [4, 7]]),  # a hop that ends the sound is not taken twice
        (8, [[1, 4], [4, 7], [5, 8]]),
        (10, [[1, 4], [4, 7], [7, 10]]),
    ],
)
def test_windows_are_a_hop_apart_and_the_last_one_ends_the_sound(length, expected):
    logits = over_windows(first_and_last, counted(length), 4, 3)
    assert logits[0].tolist() == expected
    assert torch.equal(logits[1], -logits[0])


def test_a_hop_longer_than_a_window_leaves_samples_out():
    assert over_windows(first_and_last, counted(9), 2, 5)[0].tolist() == [[1, 2], [6, 7], [8, 9]]


@pytest.mark.parametrize('length', [0, 1, 3])
def test_a_sound_shorter_than_a_window_is_filled_up_with_silence(length):
    logits = over_windows(lambda window: window, counted(length), 4, 3)
    assert logits.shape == (2, 1, 4)
    assert logits[0, 0].tolist() == [*range(1, length + 1), *[0] * (4 - length)]


def test_seconds_become_the_nearest_number_of_steps():
    assert in_steps('window', 2.0, 16000) == 32000
    assert in_steps('hop', 0.48, 100) == 48
    assert in_steps('hop', 0.0126, 1000) == 13


@pytest.mark.parametrize('seconds', [0, -1.0, 0.004, math.nan, math.inf])
def test_a_length_of_no_step_is_refused(seconds):
    with pytest.raises(
        ConfigError, match=rf'^hop={seconds} s must be finite and at least 0\.01 s$'
    ):
        in_steps('hop', seconds, 100)


class Linear(nn.Linear):
    """A network whose published names have a prefix."""

    def load_published(self, state):
        self.load_state_dict({name.removeprefix('fc.'): value for name, value in state.items()})


def test_a_published_checkpoint_is_read_from_under_model_and_by_its_own_names(tmp_path):
    state = {'fc.weight': torch.tensor([[1.0, 2.0]]), 'fc.bias': torch.tensor([3.0])}
    torch.save({'iteration': 7, 'model': state}, tmp_path / 'w.pth')
    net = Linear(2, 1)
    load_tagger(net, str(tmp_path / 'w.pth'), 'Linear')
    assert net(torch.tensor([10.0, 100.0])).item() == 213


def test_a_checkpoint_that_is_missing_another_networks_or_no_data_is_refused(tmp_path):
    path = str(tmp_path / 'w.pth')
    with pytest.raises(FileNotFoundError, match=r'w\.pth'):
        load_tagger(Linear(2, 1), path, 'Linear')
    torch.save({'fc.weight': torch.zeros(1, 3), 'fc.bias': torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match=r'w\.pth does not fit Linear with .*label list'):
        load_tagger(Linear(2, 1), path, 'Linear')
    torch.save({'model': {'fc.weight': torch.zeros(1, 2)}, 'net': nn.ReLU()}, path)
    with pytest.raises(CheckpointError, match='not loaded, since that could execute code'):
        load_tagger(Linear(2, 1), path, 'Linear')
