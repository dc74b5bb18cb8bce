"""The README is short, and what it says is true."""

import configparser
import re
from pathlib import Path

import pytest
from PIL import Image

from mmavl.reports.results import read_results

from .blocks import ROOT
from .words import words_of

README = (ROOT / 'README.md').read_text()
#: Columns of the table of methods -> how configs name the data set.
DATASETS = ('scenes', 'audioset', 'flickr', 'music', 'mine')
#: Methods -> their configs.
CONFIGS = {
    'AVC': 'avc_{}.py',
    'Multi-task': 'stage1_{}.py',
    'Coarse to fine': 'stage2_{}.py',
    'twelve others, from Attention to NoPrior': 'peers/*_{}.py',
    'Mix and separate': 'separation_{}.py',
    'Sound of Pixels': 'peers/sound-of-pixels_{}.py',
    'Co-Separation': 'peers/co-separation_{}.py',
    'AV-Mix-Sep': 'peers/av-mix-sep_{}.py',
    'NMF-MFCC': 'separation/separation_{}_nmf.py',
    'Faster R-CNN': 'detection/faster-rcnn_lite0_fpn_{}.py',
}
#: Methods without training: for any video.
TRAINING_FREE = {
    'training-free': 'real_clips/real_everyday.py',
    'by name': 'real_clips/separation_real.py',
}


def test_it_has_at_most_500_words():
    assert len(words_of(README)) <= 500


def test_words_are_what_a_reader_reads():
    page = '# A *title*\n\n| cell | 78.7 |\n|---|---|\n| ✓ | |\n\n[a link](x.md), ![alt](y.png)\n'
    code = '```bash\nnot read\n```\n<!-- nor this -->\n'
    assert words_of(page + code) == ['A', '*title*', 'cell', '78.7', 'a', 'link,']


def test_its_figure_on_real_clips_is_the_result():
    own = read_results(ROOT / 'results')['real_everyday_class_given'].means['own']
    percent, count = re.search(r'for (\d+) % of (\d+) sources in real clips', README).groups()
    assert (count, percent) == ('41', f'{100 * own:.0f}')


def methods():
    """Method -> whether each column has a tick."""
    table = README[README.index('| task | method |') :].split('\n\n')[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in table]
    plain = (re.sub(r'\[(.*?)\]\(.*?\)', r'\1', row[1]) for row in rows)
    return {name: [cell == '✓' for cell in row[2:]] for name, row in zip(plain, rows)}


@pytest.mark.parametrize(('method', 'ticks'), methods().items())
def test_a_method_has_a_config_for_each_of_its_datasets(method, ticks):
    assert len(ticks) == len(DATASETS)
    if method in TRAINING_FREE:
        assert ticks == [False] * 4 + [True]
        assert (ROOT / 'configs' / TRAINING_FREE[method]).is_file()
    else:
        names = [CONFIGS[method].format(name) for name in DATASETS]
        folders = ['own_clips' if name == 'mine' else '' for name in DATASETS]
        places = [ROOT / 'configs' / folder for folder in folders]
        assert ticks == [any(place.glob(name)) for place, name in zip(places, names)]


def test_the_badges_say_what_the_package_says():
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    metadata = setup['metadata']
    versions = re.findall(r'Python :: (3\.\d+)', metadata['classifiers'])
    assert f'badge/python-{versions[0]}_to_{versions[-1]}-' in README
    assert metadata['license'] == 'Apache-2.0'
    assert 'badge/licence-Apache_2.0-' in README
    assert 'Apache License' in (ROOT / 'LICENSE').read_text()


def test_its_picture_moves_and_is_small():
    path = Path(ROOT, re.search(r'\]\((docs/assets/\S+\.webp)\)', README)[1])
    assert path.stat().st_size <= 1_500_000
    with Image.open(path) as picture:
        assert picture.n_frames > 50
        assert picture.width <= 480
