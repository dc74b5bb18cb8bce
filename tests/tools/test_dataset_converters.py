import json
import runpy
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools/dataset_converters'
SHARED = Path(__file__).parents[3] / 'shared/data'
needs_release = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f'the published annotations are not at {SHARED}'
)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a converter; gives its exit code or message, and its lines."""

    def call(tool, *args):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, args)])
        try:
            runpy.run_path(str(TOOLS / f'{tool}.py'), run_name='__main__')
            code = 0
        except SystemExit as stopped:
            code = stopped.code
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


@needs_release
def test_the_release_alone_gives_the_papers_frames_and_the_report(run, tmp_path):
    release = SHARED / 'original_release'
    code, said = run('audioset_instrument', '--release', release, '--out', tmp_path)
    assert code == 0
    assert 'test: 4503 annotated frames; levels 1 / 2 / 3: 4273 / 211 / 19' in said
    assert 'test: 566 clips; 566 missing (kept), 533 no annotation' in said
    assert json.loads((tmp_path / 'report.json').read_text())['usable'] == {'test': 566}


@needs_release
def test_media_without_anything_usable_end_with_an_error(run, tmp_path):
    (tmp_path / 'media').mkdir()
    solo = SHARED / 'music/MUSIC_solo_videos.json'
    code, said = run(
        *('music', '--solo', solo, '--media', tmp_path / 'media', '--out', tmp_path / 'out')
    )
    assert code == 'error: no usable clips'
    assert 'solo train: no manifest; 514 missing' in said


def test_a_missing_file_and_a_bad_shard_are_one_line(run, tmp_path):
    code, _ = run('soundnet_flickr', '--release', tmp_path, '--out', tmp_path)
    assert code.startswith('error: ')
    assert 'gtdata.pkl' in code
    code, said = run('audioset_instrument', '--shard', '5/4')
    assert code == 2
    assert 'shard 5/4 must be from 1 to 4' in said


def test_vggsound_without_media_gives_the_evaluation_manifests(run, tmp_path):
    boxes = [{'file': 'a_000001', 'class': 'cello', 'bbox': [[0, 0, 0.5, 1]]}]
    (tmp_path / 'vggss.json').write_text(json.dumps(boxes))
    code, said = run('vggsound', '--boxes', tmp_path / 'vggss.json', '--out', tmp_path)
    assert code == 0
    assert 'test: 1 clips' in said
    code, said = run('vggsound', '--boxes', tmp_path / 'vggss.json', '--train', 'val=x.csv')
    assert code == 2
    assert "'val=x.csv' is not train...=LIST" in said


@pytest.mark.parametrize('option', ['--media', '--draw-mixtures'])
def test_a_list_that_is_none_is_one_line(run, tmp_path, option):
    (tmp_path / 'solo.json').write_text('{"videos": {"../../escape": ["a", "b"]}}')
    options = ['--solo', tmp_path / 'solo.json', option, tmp_path, '--out', tmp_path / 'out']
    code, said = run('music', *options)
    assert 'cannot be the name of a clip or class' in code
    assert said.count('\n') <= 1
