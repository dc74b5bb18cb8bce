import numpy as np
import pytest
import torch

from mmavl.errors import CheckpointError
from mmavl.taggers.audio.beats import BEATs, check_beats_config, distance_buckets, log_mel

from .beats_files import CFG, published_shapes, published_state, sound

#: The sizes of the published BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt.
PUBLISHED = {
    **CFG, 'encoder_layers': 12, 'encoder_embed_dim': 768, 'encoder_ffn_embed_dim': 3072,
    'encoder_attention_heads': 12, 'conv_pos': 128, 'conv_pos_groups': 16, 'num_buckets': 320,
    'max_distance': 800, 'embed_dim': 512, 'predictor_class': 527,
}  # fmt: skip
#: Logits of speechbrain 1.1.2: BEATs.predictor(x).mean(1), x of BEATs.extract_features.
EXPECTED = [
    [4.7457018, 1.5972177, -0.8496423, 1.8707576],
    [4.8385296, 1.7245967, -1.0741842, 1.9202993],
]


def kaldi_bands():
    """Triangles that are straight in mel, [128, 257], from 20 Hz to 8 kHz."""

    def mel(hertz):
        return 1127 * np.log1p(np.asarray(hertz) / 700)

    corners = np.linspace(mel(20), mel(8000), 130)
    left, centre, right = (corners[n : n + 128, None] for n in range(3))
    bins = mel(np.arange(257) * 16000 / 512)
    bands = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
    bands[:, 256] = 0  # Kaldi leaves out the Nyquist frequency
    return bands.clip(0)


def test_the_spectrogram_is_kaldis_of_16_bit_samples_scaled_by_the_published_statistics():
    wave = sound(0.6)
    frame = wave[0, 1600:2000].double().numpy() * 2**15
    frame -= frame.mean()
    frame -= 0.97 * np.concatenate([frame[:1], frame[:-1]])
    frame *= np.hanning(400) ** 0.85
    power = np.abs(np.fft.rfft(frame, 512)) ** 2
    mel = np.maximum(kaldi_bands() @ power, np.finfo(np.float32).eps)
    expected = (np.log(mel) - 15.41663) / (2 * 6.55582)
    result = log_mel(wave)
    assert result.shape == (2, 58, 128)
    np.testing.assert_allclose(result[0, 10].numpy(), expected, atol=1e-3)


def test_buckets_are_exact_nearby_and_wider_further_away():
    distances = torch.tensor([0, -1, -7, 1, 7, -8, -14, -20, -39, -1000, 8, 1000])
    # 32 buckets: 16 a sign, 8 of them exact; beyond, 8 + floor(8 log(d / 8) / log(40 / 8))
    expected = [0, 1, 7, 17, 23, 8, 10, 12, 15, 15, 24, 31]
    assert distance_buckets(distances, 32, 40).tolist() == expected


@torch.no_grad()
def test_logits_are_those_of_an_independent_implementation():
    net = BEATs(CFG, 4)
    net.load_published(published_state())
    torch.testing.assert_close(net(sound(1.5)), torch.tensor(EXPECTED), rtol=0, atol=1e-4)


def test_the_published_tensors_fill_the_whole_network():
    """Their names and shapes; of the twelve tables of positions one is kept."""
    shapes = published_shapes(PUBLISHED)
    assert len(shapes) == 12 * 20 + 12
    with torch.device('meta'):
        net = BEATs(PUBLISHED, 527)
        net.load_published({name: torch.empty(shape) for name, shape in shapes.items()})
    assert sum(p.numel() for p in net.parameters()) == 90716927


def test_a_tensor_too_many_too_few_or_of_another_shape_is_refused():
    for change in (
        {'encoder.layers.3.fc1.bias': torch.zeros(32)},
        {'encoder.layers.0.self_attn.relative_attention_bias.weight': torch.zeros(16, 3)},
        {'predictor.weight': torch.zeros(5, 24)},
    ):
        with pytest.raises(RuntimeError, match=next(iter(change)).split('.')[-2]):
            BEATs(CFG, 4).load_published({**published_state(), **change})
    state = published_state()
    state.pop('encoder.pos_conv.0.weight_g')
    with pytest.raises(RuntimeError, match=r'pos_conv\.0\.weight'):
        BEATs(CFG, 4).load_published(state)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            {'layer_norm_first': True},
            'layer_norm_first=True; published BEATs checkpoints have False',
        ),
        ({'activation_fn': 'glu'}, "activation_fn='glu'; published BEATs checkpoints have 'gelu'"),
        ({'deep_norm': None}, 'deep_norm=None; published BEATs checkpoints have True'),
        ({'encoder_layers': 0}, 'encoder_layers=0'),
        ({'embed_dim': '16'}, "embed_dim='16'"),
        ({'num_buckets': 3}, 'num_buckets=3, max_distance=40'),
        ({'max_distance': 8}, 'num_buckets=32, max_distance=8'),
    ],
)
def test_another_kind_of_network_is_named_by_its_setting(change, message):
    check_beats_config(CFG, 'w.pt')
    with pytest.raises(CheckpointError, match=rf'^w\.pt: cfg has {message}$'):
        check_beats_config({**CFG, **change}, 'w.pt')
