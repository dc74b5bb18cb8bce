import numpy as np
import pytest
import soundfile

from mmavl.scenes.augment import pink_noise, rms
from mmavl.scenes.effects import Chain, Effects
from mmavl.scenes.mixture import mix
from mmavl.scenes.waves import SAMPLE_RATE, Recording

ALL = ('reverb', 'noise', 'equaliser', 'codec', 'pitch')
LENGTH = 5 * SAMPLE_RATE


def draw(seed, effects=None):
    return (effects or Effects(ALL, LENGTH)).draw(np.random.default_rng(seed))


def test_each_effect_is_drawn_in_about_half_of_the_scenes_and_recorded():
    chains = [draw(seed) for seed in range(60)]
    for name in ('reverb', 'noise', 'equaliser', 'codec'):
        assert 18 <= sum(name in chain.record for chain in chains) <= 42
    for chain in chains:
        assert ('reverb' in chain.record) == (chain.impulse is not None)
        assert chain.record.get('equaliser', []) == list(chain.bands)
        assert chain.record.get('noise', {}).get('snr_db', 0.0) == chain.snr_db


def test_what_is_not_asked_for_is_never_drawn():
    for seed in range(20):
        assert set(draw(seed, Effects(('noise',), LENGTH)).record) <= {'noise'}


def test_the_stream_decides():
    assert [draw(n).record for n in range(9)] == [draw(n).record for n in range(9)]


def test_recorded_noise_and_rooms_are_used_where_there_are(tmp_path):
    soundfile.write(tmp_path / 'a.wav', np.linspace(-0.5, 0.5, 1000), SAMPLE_RATE)
    recording = Recording('cafe.wav', tmp_path / 'a.wav', 1000)
    effects = Effects(('noise', 'reverb'), LENGTH, [recording], [recording])
    chains = [draw(seed, effects) for seed in range(20)]
    assert {chain.record['reverb'] for chain in chains if chain.record.get('reverb')} == {
        'cafe.wav'
    }
    noisy = next(chain for chain in chains if chain.noise is not None)
    assert noisy.record['noise']['noise'] == 'cafe.wav'
    assert len(noisy.noise) == LENGTH  # a short recording is repeated
    assert np.allclose(noisy.noise[:1000], noisy.noise[1000:2000])


def test_noise_is_in_the_mixture_alone(small_banks):
    noise = pink_noise(np.random.default_rng(0), LENGTH)
    chain = Chain(noise=noise, snr_db=10.0)
    labels = ('Violin', 'Piano')
    mixture, sources, _ = mix(np.random.default_rng(0), small_banks('train').sounds, labels, chain)
    total = sum(wave.astype(float) for wave in sources.values())
    rest = mixture - total
    assert 20 * np.log10(rms(total) / rms(rest)) == pytest.approx(10, abs=0.05)
    assert np.corrcoef(rest, noise)[0, 1] > 0.999


def test_a_room_is_in_the_sources_and_a_silent_start_stays_silent(small_banks):
    impulse = np.zeros(2000)
    impulse[[0, 1999]] = 1, 0.5
    bank = small_banks('train').sounds
    for seed in range(3):
        dry = mix(np.random.default_rng(seed), bank, ('Violin',))[1]['Violin']
        mixture, wet, _ = mix(np.random.default_rng(seed), bank, ('Violin',), Chain(impulse))
        assert np.array_equal(mixture, wet['Violin'])
        first, last = np.flatnonzero(dry)[[0, -1]]
        assert np.flatnonzero(np.abs(wet['Violin']) > 2)[0] >= first
        assert np.abs(wet['Violin'][last + 1 : last + 1990]).max(initial=0) > 100
