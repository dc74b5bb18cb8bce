import warnings

import pytest
import torch

from mmavl.evaluation.functional import bss_eval, si_sdr

with warnings.catch_warnings():
    warnings.simplefilter('ignore')  # mir_eval.separation is deprecated, and the oracle
    from mir_eval.separation import bss_eval_sources


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def coloured(waves):
    """Running means: neighbouring samples are alike, as in music."""
    return waves.unfold(-1, 9, 1).mean(-1)


def spoilt(reference, leak=0.3, artifacts=0.1, seed=9):
    """Estimates with some of the next source and some noise in them."""
    rest = noise(*reference.shape, seed=seed) * reference.std(-1, keepdim=True)
    return reference + leak * reference.roll(1, -2) + artifacts * rest


@pytest.mark.filterwarnings('ignore::FutureWarning')
def oracle(reference, estimate):
    figures = bss_eval_sources(reference.numpy(), estimate.numpy(), compute_permutation=False)[:3]
    return [torch.from_numpy(figure).clamp(-100, 100) for figure in figures]


def assert_equal(reference, estimate, only=('SDR', 'SIR', 'SAR')):
    found = dict(zip(('SDR', 'SIR', 'SAR'), bss_eval(reference, estimate)))
    expected = dict(zip(found, oracle(reference, estimate)))
    for name in only:
        torch.testing.assert_close(found[name], expected[name], atol=0.01, rtol=0, msg=name)
    return found


@pytest.mark.parametrize('sources', [1, 2, 3])
def test_the_figures_are_mir_evals(sources):
    reference = coloured(noise(sources, 6000))
    found = assert_equal(reference, spoilt(reference, leak=0.3 * (sources > 1)))
    if sources == 1:
        assert found['SIR'].tolist() == [100.0]


def test_mir_evals_own_kind_of_input_white_noise_against_white_noise():
    assert_equal(noise(2, 8000), noise(2, 8000, seed=1))


def test_the_estimates_are_never_permuted():
    reference = noise(2, 4000)
    swapped = assert_equal(reference, spoilt(reference).flip(0))
    assert (swapped['SIR'] < 0).all()


@pytest.mark.parametrize('length', [700, 1500])
def test_short_sounds_are_mir_evals_where_its_system_can_be_solved(length):
    reference = noise(2, length)
    assert_equal(reference, spoilt(reference))


def test_sounds_shorter_than_the_filters_have_no_artifacts():
    reference = noise(2, 200)
    found = assert_equal(reference, spoilt(reference), only=['SDR'])
    assert (found['SAR'] > 80).all()
    assert torch.isfinite(torch.stack(list(found.values()))).all()
    assert_equal(reference[:1], spoilt(reference)[:1], only=['SDR', 'SAR'])


def test_silence_after_a_sound_changes_nothing():
    reference = noise(2, 3000)
    estimate = spoilt(reference)
    padded = [torch.nn.functional.pad(waves, (0, 5000)) for waves in (reference, estimate)]
    for found, expected in zip(bss_eval(*padded), bss_eval(reference, estimate)):
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_correlated_sources_are_mir_evals():
    first, second = coloured(noise(2, 5000))
    reference = torch.stack([first, 0.98 * first + 0.02 * second])
    assert_equal(reference, spoilt(reference))


def test_identical_references_cannot_interfere():
    reference = noise(1, 1200).repeat(2, 1)
    estimate = spoilt(noise(2, 1200)) + reference
    found = assert_equal(reference, estimate, only=['SDR'])
    assert found['SIR'].tolist() == [100.0, 100.0]
    torch.testing.assert_close(found['SAR'], found['SDR'])


def test_a_perfect_estimate_reaches_the_limit():
    reference = noise(2, 2000)
    for figure in bss_eval(reference, reference):
        assert (figure > 99).all()


def test_clipped_sources_are_mir_evals():
    reference = (2 * noise(2, 5000)).clamp(-1, 1)
    assert_equal(reference, spoilt(reference).clamp(-0.5, 0.5))


@pytest.mark.parametrize('scale', [1e-9, 1e4])
def test_loudness_does_not_matter(scale):
    reference = noise(2, 20000)
    estimate = spoilt(reference)
    for found, expected in zip(
        bss_eval(reference * scale, estimate / scale), bss_eval(reference, estimate)
    ):
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize('silent', ['reference', 'estimate'])
def test_a_silent_signal_makes_its_mixture_nan_and_no_other(silent):
    reference = noise(3, 2, 2000)
    estimate = spoilt(reference)
    expected = bss_eval(reference, estimate)
    {'reference': reference, 'estimate': estimate}[silent][1, 0] = 4e-9  # sums up to 8e-6
    for found, figure in zip(bss_eval(reference, estimate), expected):
        assert found[1].isnan().all()
        torch.testing.assert_close(found[[0, 2]], figure[[0, 2]])


@pytest.mark.parametrize('shape', [(2, 2000), (1, 2, 2000), (3, 2, 2000)])
def test_where_everything_is_silent_everything_is_nan(shape):
    silence = torch.zeros(shape)
    for figure in (*bss_eval(silence, noise(*shape)), *bss_eval(noise(*shape), silence)):
        assert figure.shape == shape[:-1]
        assert figure.isnan().all()


def test_no_mixture_has_no_figures():
    none = torch.zeros(0, 2, 99)
    for figure in bss_eval(none, none):
        assert figure.shape == (0, 2)


def test_several_sets_of_estimates_score_as_each_by_itself():
    reference = coloured(noise(2, 3, 2000))
    sets = torch.stack([spoilt(reference, 0.2, seed=1), spoilt(reference, 0.7, seed=2)], 1)
    together = bss_eval(reference, sets)
    for index in range(2):
        for found, expected in zip(together, bss_eval(reference, sets[:, index])):
            assert found.shape == (2, 2, 3)
            torch.testing.assert_close(found[:, index], expected)


def test_float32_is_enough_as_input():
    reference = coloured(noise(2, 4000))
    estimate = spoilt(reference)
    found = bss_eval(reference.float(), estimate.float())
    for figure, expected in zip(found, bss_eval(reference, estimate)):
        assert figure.dtype == torch.float64
        torch.testing.assert_close(figure, expected, atol=1e-3, rtol=0)


def test_an_estimate_that_ends_before_its_source_begins_is_at_the_lower_limit():
    reference, estimate = torch.zeros(2, 1, 6000, dtype=torch.float64)
    reference[:, 4000:] = noise(1, 2000)
    estimate[:, :1000] = noise(1, 1000)
    assert bss_eval(reference, estimate)[0].tolist() == [-100]


def test_si_sdr_by_hand():
    reference = torch.tensor([3.0, 4.0, 0.0])
    estimate = torch.tensor([6.0, 8.0, 1.0])
    assert si_sdr(reference, estimate).item() == pytest.approx(20.0)
    assert si_sdr(reference, 7 * estimate).item() == pytest.approx(20.0)
    assert si_sdr(reference, reference).item() == 100
    assert si_sdr(reference, torch.tensor([4.0, -3.0, 0.0])).item() == -100
    assert si_sdr(reference, torch.zeros(3)).isnan()


def test_what_does_not_fit_or_is_not_finite_is_refused():
    reference = noise(2, 2, 600)
    for estimate in (noise(2, 2, 601), noise(2, 3, 600), noise(2, 5, 1, 600), noise(2, 600)):
        with pytest.raises(ValueError, match=r'reference is .* one length'):
            bss_eval(reference, estimate)
    with pytest.raises(ValueError, match=r'\(1, 2, 0\): there is nothing to compare'):
        bss_eval(torch.zeros(1, 2, 0), torch.zeros(1, 2, 0))
    with pytest.raises(ValueError, match=r'estimate is torch.int16: convert it to float'):
        bss_eval(reference, torch.ones(2, 2, 600, dtype=torch.int16))
    broken = reference.clone()
    broken[0, 1, 5] = torch.nan
    with pytest.raises(ValueError, match='estimate holds values that are nan'):
        bss_eval(reference, broken)
    with pytest.raises(ValueError, match='reference holds'):
        si_sdr(broken, reference)
