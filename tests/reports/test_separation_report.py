import base64
import re

import numpy as np
import pytest

from mmavl.reports.run_record import Run
from mmavl.reports.separation_report import write_listening_page
from mmavl.visualization.drawing import write_png
from mmavl.visualization.media import write_wav

METRICS = {'sdr': 5.25, 'sdr_improvement': 5.0, 'mixture/sdr': 0.25, 'ideal_ratio/sdr': 18.0}
METRICS |= {'listed': 3.0, 'evaluated': 2.0, 'class/Bass_drum/sdr': 7.5}
METRICS |= {'class/Bass_drum/sources': 2.0}


@pytest.fixture
def page(tmp_path):
    tmp_path = tmp_path / 'run \udce9'  # no UTF-8
    write_png(tmp_path / 'a.png', np.full((4, 6, 3), 77, np.uint8))
    write_wav(tmp_path / 'a.wav', np.array([0.5, -2.0, 0.25]), 11025)
    mixture = {'kind': 'worst', 'clip_id': '<i>&', 'sdr': None, 'picture': 'a.png'}
    test = {'split': 'test', 'command': 'python tools/test.py', 'started': 'now', 'config': 'c'}
    test |= {'settings': {}, 'environment': {}}
    test['metrics'] = {f'separation/{key}': value for key, value in METRICS.items()}
    test['mixtures'] = [
        mixture | {'sounds': [('estimate 1 <Violin>', 'a.wav'), ('gone', '<gone>.wav')]}
    ]
    write_listening_page(Run('rün', tmp_path, tests=[test]), 'test', tmp_path / 'listen.html')
    return (tmp_path / 'listen.html').read_text(encoding='utf-8')


def row(page, name):
    cells = re.search(rf'<td>{name}</td>(.*?)</tr>', page, re.DOTALL)[1]
    return re.findall(r'>([^<]*)</td>', cells)


def test_the_table_has_the_model_what_needs_none_and_the_classes(page):
    assert row(page, 'model')[:3] == ['2 of 3', '5.25', '5.00']
    assert row(page, 'mixture as estimate')[:3] == ['–', '0.25', '–']
    assert row(page, 'ideal ratio mask')[1] == '18.00'
    assert row(page, 'Bass drum')[:2] == ['2 sources', '7.50']
    assert 'ideal binary mask' not in page


def test_names_are_text_and_kinds_without_mixtures_have_no_heading(page):
    assert 'alt="&lt;i&gt;&amp;"' in page
    assert 'estimate 1 &lt;Violin&gt;' in page
    assert 'The worst' in page
    assert 'The best' not in page


def test_sounds_are_flac_inside_of_the_page(page):
    (data,) = re.findall(r'src="data:audio/flac;base64,([^"]+)"', page)
    assert base64.b64decode(data).startswith(b'fLaC')


def test_a_sound_that_cannot_be_read_costs_itself_only(page):
    assert 'The sound &lt;gone&gt;.wav cannot be read (FileNotFoundError' in page
