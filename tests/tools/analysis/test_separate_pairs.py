import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mmavl.registry import MODELS
from mmavl.separators import BaseSeparator

TOOL = Path(__file__).parents[3] / 'tools/analysis/separate_pairs.py'
RATE = 8000
CONFIG = """
model = dict(
    type='KnowsTones',
    data_preprocessor=dict(type='SeparationDataPreprocessor', sample_rate=8000),
)
metainfo = dict(classes=['low', 'high', 'hiss'])
test_dataloader = dict(dataset=dict(type='AVDataset', metainfo=metainfo))
"""


@MODELS.register_module(force=True)
class KnowsTones(BaseSeparator):
    """What is below 1 kHz is low, what is above is high, and nothing is hiss."""

    def estimate(self, inputs):
        spectrum = torch.fft.rfft(inputs['mixture'][inputs['index']])
        hertz = torch.linspace(0, RATE / 2, spectrum.shape[1])
        bands = torch.stack([hertz < 1000, hertz >= 1000, hertz < -1])
        length = inputs['mixture'].shape[1]
        return torch.fft.irfft(spectrum * bands[inputs['labels']], n=length) + 1e-4


@pytest.fixture
def sounds(tmp_path):
    """A config, and a function that writes the JSON file of items."""
    (tmp_path / 'tones.py').write_text(CONFIG)
    time = np.arange(2 * RATE) / RATE
    low, high = np.sin(2 * np.pi * 300 * time), 0.1 * np.sin(2 * np.pi * 2500 * time)
    hiss = 0.1 * np.random.default_rng(0).standard_normal(2 * RATE)
    for name, wave in {'low': low, 'high': high, 'hiss': hiss, 'both': low / 2 + high}.items():
        soundfile.write(tmp_path / f'{name}.wav', wave, RATE, subtype='FLOAT')

    def write(*items):
        (tmp_path / 'sounds.json').write_text(json.dumps(items))
        return tmp_path / 'sounds.json', '--model', tmp_path / 'tones.py'

    return write


def run(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_pairs_of_each_two_groups_are_mixed_separated_and_scored(sounds, monkeypatch, capsys):
    items = [
        {'file': 'low.wav', 'class': 'low', 'group': 'tone'},
        {'file': 'high.wav', 'class': 'high', 'group': 'tone'},
        {'file': 'low.wav', 'class': 'low', 'group': 'tone'},
        {'file': 'hiss.wav', 'class': 'hiss', 'group': 'noise'},
    ]
    run(monkeypatch, *sounds(*items), '--count', 2, '--quiet', '--seconds', 1)
    table = re.findall(r'\| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \|', capsys.readouterr().out)
    rows = {(group, row): (float(sdr), n) for group, row, sdr, _, n in table[1:]}
    assert rows['tone + tone', 'by name'][1] == '2 of 2'
    assert rows['tone + tone', 'by name'][0] > 20
    assert rows['tone + noise', 'by name'][1] == '0 of 2'
    assert {group for group, _ in rows} == {'tone + tone', 'tone + noise'}
    for group in ('tone + tone', 'tone + noise'):
        assert rows[group, 'ideal ratio mask'][0] > 3
        assert (group, 'NMF-MFCC, named by the references') in rows


def test_a_mixture_with_references_is_scored_as_it_is(sounds, monkeypatch, capsys):
    item = {'mixture': 'both.wav', 'sources': {'low': 'low.wav', 'high': 'high.wav'}}
    run(monkeypatch, *sounds(item))
    said = capsys.readouterr().out
    assert re.search(r'\d\d\.\d\d dB  both\n', said)
    assert '| given mixtures | by name | ' in said
    assert '1 of 1 |' in said
    assert ' s per second of sound, ' in said


@pytest.mark.parametrize(
    ('items', 'said'),
    [
        ([{'file': 'low.wav'}], "{'file': .* needs file and class, or mixture and sources"),
        ([{'mixture': 'both.wav', 'sources': {'Horn': 'low.wav', 'low': 'low.wav'}}],
         'both: .* has no class Horn'),
        ([{'file': 'none.wav', 'class': 'low'}, {'file': 'low.wav', 'class': 'high'}],
         r'none\.wav is missing'),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_in_one_line(sounds, monkeypatch, items, said):
    with pytest.raises(SystemExit, match=said):
        run(monkeypatch, *sounds(*items))
