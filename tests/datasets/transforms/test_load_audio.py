import numpy as np
import pytest
import soundfile

from mmavl.datasets.transforms import LoadAudio
from mmavl.errors import DataError


@pytest.fixture
def ramp(tmp_path):
    """Ten seconds at 1 kHz that rise from 0 to 1: a sample's value tells its place."""
    path = tmp_path / 'x.wav'
    soundfile.write(path, np.linspace(0, 1, 10000, endpoint=False), 1000, subtype='FLOAT')
    return {'audio_path': str(path), 'duration': 10.0}


def test_the_whole_sound_is_loaded_at_the_rate_asked_for(ramp):
    results = LoadAudio(sample_rate=1000)(dict(ramp))
    assert results['sample_rate'] == 1000
    assert np.allclose(results['waveform'], np.arange(10000) / 10000)
    resampled = LoadAudio(sample_rate=500)(dict(ramp))
    assert resampled['sample_rate'] == 500
    assert len(resampled['waveform']) == 5000


@pytest.mark.parametrize(('crop', 'first'), [('start', 0.0), ('centre', 0.4)])
def test_the_part_asked_for_is_loaded(ramp, crop, first):
    wave = LoadAudio(sample_rate=1000, seconds=2, crop=crop)(dict(ramp))['waveform']
    assert len(wave) == 2000
    assert wave[0] == pytest.approx(first)


@pytest.mark.parametrize(('time', 'first'), [(5.0, 0.4), (0.2, 0.0), (9.9, 0.8)])
def test_the_part_around_the_frame_is_loaded_inside_the_file(ramp, time, first):
    load = LoadAudio(sample_rate=1000, seconds=2, crop='frame')
    wave = load({**ramp, 'time': time})['waveform']
    assert len(wave) == 2000
    assert wave[0] == pytest.approx(first)


def test_random_parts_begin_anywhere(ramp):
    load = LoadAudio(sample_rate=1000, seconds=2, crop='random')
    firsts = [load(dict(ramp))['waveform'][0] for _ in range(50)]
    assert min(firsts) < 0.2
    assert 0.6 < max(firsts) <= 0.8


def test_a_sound_shorter_than_the_manifest_says_is_truncated(ramp):
    with pytest.raises(DataError, match=r'x.wav is truncated: 10.00 s of the 12.00 s'):
        LoadAudio(sample_rate=1000)({**ramp, 'duration': 12.0})


def test_nothing_is_loaded_where_features_are_cached_or_no_sound_is_named():
    for results in ({'audio_path': 'gone.wav', 'audio_features': 0}, {'img_path': 'x.png'}):
        assert LoadAudio()(dict(results)) == results


def test_an_unknown_crop_is_named():
    with pytest.raises(ValueError, match="crop='middle' must be one of random, centre, start"):
        LoadAudio(crop='middle')
