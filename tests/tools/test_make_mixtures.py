import json
import runpy
import sys
from pathlib import Path

import pytest

from mmavl.datasets.mixture_list import read_mixtures

TOOL = Path(__file__).parents[2] / 'tools/dataset_converters/make_mixtures.py'


@pytest.fixture
def run(monkeypatch, tmp_path):
    classes = ['Violin', 'Flute']
    media = {'audio': 'x.wav', 'frames': ['x.png'], 'fps': 1, 'duration': 1}
    entries = [{'clip_id': f'c{i}', 'tags': [classes[i % 2]], **media} for i in range(6)]
    metainfo = {'classes': classes, 'dataset': 'toy', 'split': 'test', 'seed': 4, 'packages': {}}
    manifest = {'metainfo': metainfo, 'data_list': entries}
    (tmp_path / 'test.json').write_text(json.dumps(manifest))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *arguments])
        runpy.run_path(str(TOOL), run_name='__main__')

    return call


def test_writes_the_same_list_again_and_says_of_what_it_is(run, capsys):
    run('test.json', 'list.json', '--count', '3')
    text = Path('list.json').read_text()
    said = capsys.readouterr().out
    assert said.startswith('3 mixtures: 3 ')
    assert len(read_mixtures('list.json')) == 3
    metainfo = json.loads(text)['metainfo']
    assert metainfo['dataset'] == 'toy'
    assert metainfo['seed'] == 4
    assert metainfo['drawn_with'] == {'size': 2, 'count': 3, 'levels': [1], 'seed': 0}
    run('test.json', 'again.json', '--count', '3')
    assert Path('again.json').read_text() == text


def test_a_manifest_that_makes_no_mixture_is_one_clear_line(run):
    with pytest.raises(SystemExit, match='allow no mixture of 3 classes'):
        run('test.json', 'list.json', '--size', '3')
    with pytest.raises(SystemExit, match=r'manifest other\.json is missing'):
        run('other.json', 'list.json')
    content = json.loads(Path('test.json').read_text())
    del content['data_list'][3]['tags']
    Path('test.json').write_text(json.dumps(content))
    with pytest.raises(SystemExit, match="'tags'"):
        run('test.json', 'list.json')
