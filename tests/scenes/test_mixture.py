import numpy as np
import pytest

from mmavl.scenes.mixture import mix
from mmavl.scenes.waves import SAMPLE_RATE

LABELS = ('Violin', 'Piano', 'Flute')


@pytest.fixture
def bank(small_banks):
    return small_banks('train')[1]


def on(wave):
    """First and last sounding sample; a tone passes through zero, its span does not."""
    loud = np.flatnonzero(wave)
    return loud[0], loud[-1]


@pytest.mark.parametrize('number', [1, 2, 3])
def test_the_mixture_is_the_exact_sum_of_its_sources_and_does_not_clip(bank, number):
    for seed in range(10):
        mixture, sources, kinds = mix(np.random.default_rng(seed), bank, LABELS[:number])
        total = sum(wave.astype(np.int64) for wave in sources.values())
        assert mixture.dtype == np.int16
        assert len(mixture) == 5 * SAMPLE_RATE
        assert np.array_equal(mixture, total)  # an overflow would show here
        assert max(np.abs(w).max() for w in (mixture, *sources.values())) > 0.49 * 32767
        assert np.abs(mixture).max() < 0.91 * 32767
        assert tuple(sources) == tuple(kinds) == LABELS[:number]


def test_each_source_is_on_for_45_to_70_percent(bank):
    shares = []
    for seed in range(30):
        _, sources, _ = mix(np.random.default_rng(seed), bank, LABELS)
        shares += [(np.subtract(*on(wave)[::-1]) + 1) / len(wave) for wave in sources.values()]
    assert min(shares) >= 0.44
    assert max(shares) <= 0.71
    assert max(shares) - min(shares) > 0.2


def test_sources_are_within_six_decibels(bank):
    spread = []
    for seed in range(30):
        _, sources, _ = mix(np.random.default_rng(seed), bank, LABELS)
        levels = []
        for wave in sources.values():
            first, last = on(wave)
            levels.append(10 * np.log10(np.mean(wave[first : last + 1].astype(float) ** 2)))
        spread.append(max(levels) - min(levels))
    assert max(spread) < 6.1
    assert max(spread) > 3


def test_sources_are_staggered(bank):
    starts = []
    for seed in range(20):
        _, sources, _ = mix(np.random.default_rng(seed), bank, LABELS[:2])
        starts.append(sorted(on(wave)[0] for wave in sources.values()))
    gaps = np.diff(starts, axis=1) / SAMPLE_RATE
    assert np.mean(gaps) > 0.5
