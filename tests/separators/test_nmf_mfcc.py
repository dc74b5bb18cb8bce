import librosa
import numpy as np
import pytest
import torch
from sklearn.decomposition import non_negative_factorization

from mmavl.evaluation.functional import si_sdr
from mmavl.registry import MODELS
from mmavl.separators import NMFMFCC
from mmavl.separators.nmf_mfcc import best_order, factorise, k_means
from mmavl.structures import AVDataSample

LENGTH = 32 * 256 - 1


@pytest.fixture
def inputs():
    """A mixture of a dull tone in bursts and bright hiss in others, [2, L]."""
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(LENGTH) / 11025
    tone = sum(torch.sin(6.2832 * 220 * k * time) / k**2 for k in range(1, 6))
    hiss = torch.randn(LENGTH, generator=generator).diff(prepend=torch.zeros(1))
    bursts = torch.tensor([1.0, 0.2, 0.7, 0.0]).repeat_interleave(LENGTH // 4 + 1)[:LENGTH]
    sources = torch.stack([tone * bursts, 0.3 * hiss * bursts.flip(0)]) / 2
    index = torch.zeros(2, dtype=torch.long)
    return {
        'sources': sources,
        'mixture': sources.sum(0, keepdim=True),
        'index': index,
        'labels': torch.tensor([0, 1]),
    }


def test_sounds_of_different_timbre_come_apart(inputs):
    model = MODELS.build({'type': 'NMFMFCC', 'templates': 10, 'assignment': 'oracle'})
    sample = AVDataSample(metainfo={'clip_id': 'm'})
    (sample,) = model(inputs, [sample], 'predict')
    before = si_sdr(inputs['sources'], inputs['mixture'].expand(2, -1))
    assert (si_sdr(inputs['sources'], sample.pred_sources) - before).mean() > 5
    again = model(inputs, [sample], 'tensor')['estimates']
    assert torch.equal(again, sample.pred_sources)
    torch.testing.assert_close(again.sum(0), inputs['mixture'][0], atol=1e-4, rtol=0)


def test_clusters_are_named_by_the_references_only_if_asked(inputs):
    blind = NMFMFCC(templates=10)
    estimates = blind.estimate(inputs)
    told = NMFMFCC(templates=10, assignment='oracle')
    assert torch.equal(told.estimate(inputs), best_order(inputs['sources'], estimates))
    swapped = {**inputs, 'sources': inputs['sources'].flip(0)}
    assert torch.equal(blind.estimate(swapped), estimates)
    assert torch.equal(told.estimate(swapped), told.estimate(inputs).flip(0))


def test_the_factors_fit_as_well_as_scikit_learns():
    magnitude = torch.rand(2, 20, 30, generator=torch.Generator().manual_seed(0)).square()

    def divergence(found, wanted):
        return float((wanted * torch.log(wanted / found) - wanted + found).sum())

    spectrum, gains = factorise(magnitude, 4, 300, torch.Generator().manual_seed(0))
    torch.testing.assert_close(spectrum.sum(1), torch.ones(2, 4))
    for item in range(2):
        w, h, _ = non_negative_factorization(
            magnitude[item].numpy(), n_components=4, solver='mu', random_state=0, max_iter=300,
            beta_loss='kullback-leibler', init='random', tol=0,
        )  # fmt: skip
        expected = divergence(torch.from_numpy(w @ h), magnitude[item])
        assert divergence(spectrum[item] @ gains[item], magnitude[item]) < 1.1 * expected


def test_the_cepstra_are_librosas():
    model = NMFMFCC()
    spectrum = np.abs(np.random.default_rng(0).normal(size=(512, 3))).astype(np.float32)
    mel = model.bands.numpy().T @ spectrum**2
    expected = librosa.feature.mfcc(S=np.log(mel + 1e-8), n_mfcc=14)[1:]
    found = torch.log(torch.from_numpy(spectrum).T.square() @ model.bands + 1e-8) @ model.cosines
    np.testing.assert_allclose(found.numpy().T, expected, atol=1e-3)


def test_k_means_finds_groups_and_copes_with_fewer_points_than_clusters():
    generator = torch.Generator().manual_seed(0)
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = centres.repeat(5, 1) + torch.randn(15, 2, generator=generator)
    found = k_means(points, 3)
    assert all(len(set(found[i::3].tolist())) == 1 for i in range(3))
    assert len(set(found[:3].tolist())) == 3
    assert k_means(torch.zeros(2, 2), 3).tolist() == [0, 0]


def test_silence_and_single_sources_are_finite(inputs):
    model = NMFMFCC(templates=5, iterations=5)
    silent = {k: v * 0 if v.is_floating_point() else v for k, v in inputs.items()}
    assert model.estimate(silent).abs().max() == 0
    single = {**inputs, 'index': torch.arange(2), 'mixture': inputs['sources']}
    torch.testing.assert_close(model.estimate(single), inputs['sources'], atol=1e-4, rtol=0)


def test_it_is_not_trained_and_knows_its_options():
    with pytest.raises(NotImplementedError, match='NMFMFCC cannot be trained'):
        NMFMFCC().loss({}, [])
    with pytest.raises(ValueError, match="not 'guess'"):
        NMFMFCC(assignment='guess')


def test_it_factorises_in_full_precision_inside_of_autocast_too(inputs):
    model = MODELS.build({'type': 'NMFMFCC', 'templates': 10})
    expected = model.estimate(inputs)
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(model.estimate(inputs), expected)
