import pytest
import torch
from torch.nn import functional as F

from mmavl.errors import CheckpointError
from mmavl.models.backbones import MobileCRNN

#: Where the published layout has its blocks and, behind them, its poolings in frequency.
BLOCKS = {2: 64, 4: 128, 5: 128, 7: 256, 8: 256, 10: 512, 11: 512}
POOLS = {3, 6, 9}


def norm(state, name, x):
    stats = [state[f'{name}.{k}'] for k in ('running_mean', 'running_var', 'weight', 'bias')]
    return F.batch_norm(x, *stats)


def published(state, x):
    """The published graph, from its checkpoint's names, in plain function calls."""
    x = F.conv2d(
        norm(state, 'features.0.0', x),
        state['features.0.1.weight'], state['features.0.1.bias'], stride=2, padding=2,
    )  # fmt: skip
    x = F.max_pool2d(x * x.sigmoid(), 2)
    width = 64
    for index in range(2, 12):
        if index in POOLS:
            x = F.max_pool2d(x, (1, 2))
            continue
        name = f'features.{index}.conv'
        y = F.conv2d(x, state[f'{name}.0.0.weight'])
        y = norm(state, f'{name}.0.1', y).clamp(0, 6)
        y = F.conv2d(y, state[f'{name}.1.0.weight'], padding=1, groups=6 * width)
        y = norm(state, f'{name}.1.1', y).clamp(0, 6)
        y = norm(state, f'{name}.3', F.conv2d(y, state[f'{name}.2.weight']))
        x = x + y if BLOCKS[index] == width else y
        width = BLOCKS[index]
    return x


@pytest.fixture(scope='module')
def state():
    """A checkpoint in the published layout with arbitrary values."""
    torch.manual_seed(0)
    tensors = {f'features.{k}': v for k, v in MobileCRNN().state_dict().items()}
    for name, value in tensors.items():
        if name.endswith('running_var'):
            tensors[name] = torch.rand_like(value) + 0.5
        elif value.ndim == 1:
            tensors[name] = value + torch.randn_like(value) / 10
    return tensors | {'gru.rnn.weight_ih_l0': torch.zeros(384, 1024)}


def test_a_published_checkpoint_gives_the_published_graphs_features(state, tmp_path):
    torch.save({f'module.{k}': v for k, v in state.items()}, tmp_path / 'c.pth')
    sound = torch.randn(1, 1, 50, 64)
    with torch.no_grad():
        features = MobileCRNN(str(tmp_path / 'c.pth')).eval()(sound)
        expected = published(state, sound)
    assert features.shape == (1, 512, 12, 2)
    assert torch.allclose(features, expected, atol=1e-4)


def test_another_checkpoint_is_refused(state, tmp_path):
    state = dict(state)
    state['features.2.conv.0.0.weight'] = torch.zeros(384, 32, 1, 1)
    del state['features.0.1.bias']
    torch.save(state, tmp_path / 'c.pth')
    with pytest.raises(
        CheckpointError, match=r'c\.pth is not .*MobileCRNN: 2 tensors .*0\.1\.bias'
    ):
        MobileCRNN(str(tmp_path / 'c.pth'))
