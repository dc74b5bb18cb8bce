import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.cli import main
from mmavl.cli.infer import pair_up
from mmavl.cli.main import parser
from mmavl.cli.tools import TOOLS
from mmavl.utils.shipped import shipped

CONFIG = """
model = dict(type='RandomLocalizer', data_preprocessor=dict(type='AVDataPreprocessor'))
test_dataloader = dict(
    dataset=dict(
        type='AVDataset',
        ann_file='none.json',
        metainfo=dict(classes=['Violin', 'Horn']),
        pipeline=[
            dict(type='LoadFrame'),
            dict(type='LoadAudio', sample_rate=8000),
            dict(type='Resize', size=(32, 32)),
            dict(type='CropPadAudio', seconds=1.0),
            dict(type='PackAVInputs'),
        ],
    )
)
"""
COMMAND = re.compile(r' *mmavl [a-z]+ ')
UNTRAINED = "model = dict(type='PooledTagHead', num_classes=2, in_channels=3)"


@pytest.fixture
def config(tmp_path):
    (tmp_path / 'own.py').write_text(CONFIG)
    return str(tmp_path / 'own.py')


@pytest.fixture
def pair(tmp_path):
    Image.fromarray(np.zeros((9, 13, 3), np.uint8)).save(tmp_path / 'a.png')
    soundfile.write(tmp_path / 'a.wav', np.sin(np.arange(8000)) / 2, 8000)
    return [str(tmp_path / 'a.png'), str(tmp_path / 'a.wav')]


def localize(*arguments):
    return main(['localize', '--device', 'cpu', '--quiet', *map(str, arguments)])


def test_localize_writes_results_and_says_so(tmp_path, config, pair, capsys):
    out = tmp_path / 'out'
    assert localize(*pair, '--out', out, '--model', config) == 0
    said = capsys.readouterr()
    assert said.out.startswith('a: ')
    assert said.out.endswith(f'-> {out}/a.png\n')
    assert json.loads((out / 'a.json').read_text())['size'] == [13, 9]


def test_what_failed_is_listed_and_the_code_is_1(tmp_path, config, pair, capsys):
    out = tmp_path / 'out'
    assert localize(*pair, 'http://x.org/y.mp4', '--out', out, '--model', config, '--json') == 1
    said = capsys.readouterr()
    index = json.loads(said.out)
    assert index == json.loads((out / 'results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['a']
    assert [entry['name'] for entry in index['failures']] == ['http://x.org/y.mp4']
    assert said.err.splitlines()[-1].startswith('failed: http://x.org/y.mp4: ')


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--model', 'stage2_scenez'], "did you mean 'stage2_scenes"),
        (['--model', 'untrained.py'], 'nothing without weights: train them with `mmavl train`'),
        (['--weights', 'none.pth'], 'checkpoint not found: none.pth'),
        (['--labels', 'Oboe'], "the model knows no 'Oboe', but Violin, Horn"),
        (['--device', 'quantum'], "device 'quantum' is not there"),
    ],
)
def test_what_is_wrong_before_the_start_is_one_line_and_code_2(
    tmp_path, config, pair, capsys, monkeypatch, arguments, said
):
    model = [] if '--model' in arguments else ['--model', config]
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'untrained.py').write_text(
        "model = dict(type='PooledTagHead', num_classes=2, in_channels=3)"
    )
    assert localize(*pair, '--out', tmp_path / 'out', *model, *arguments) == 2
    err = capsys.readouterr().err.strip()
    assert err.startswith('error: ')
    assert said in err
    assert '\n' not in err
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    'arguments',
    [
        [],
        ['localize', 'x.mp4'],
        ['localize', 'x.mp4', '--out', 'y', '--threshold', '1.5'],
        ['localize', 'x.mp4', '--out', 'y', '--rate', '0'],
        ['localize', 'x.mp4', '--out', 'y', '--batch-size', '-1'],
        ['list', 'weights'],
        ['dance'],
    ],
)
def test_wrong_arguments_end_with_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def test_sources_are_boxes_or_pictures_by_name(capsys):
    command = ['separate', 'x.mp4', '--out', 'y', '--sources']
    args = parser().parse_args([*command, 'a b=0,1.5,20,30', 'c=d=1.png'])
    assert args.sources == [('a b', (0, 1.5, 20, 30)), ('c', 'd=1.png')]
    for wrong in ('flute', '=x.png', 'flute='):
        with pytest.raises(SystemExit):
            parser().parse_args([*command, wrong])
        assert f"'{wrong}' is not NAME=PLACE" in capsys.readouterr().err


def test_pictures_need_their_sounds():
    assert pair_up(['a.mp4', 'b.JPG', 'c.wav', 'd']) == ['a.mp4', ('b.JPG', 'c.wav'), 'd']
    for wrong in (['b.jpg'], ['b.jpg', 'c.jpg'], ['c.wav', 'b.jpg']):
        with pytest.raises(ValueError, match=r'name a (sound file behind|picture before) it'):
            pair_up(wrong)


def test_lists_are_filtered_by_wildcards_or_a_part(capsys):
    assert main(['list', 'models', 'stage?_scenes', '--json']) == 0
    assert list(json.loads(capsys.readouterr().out)) == ['stage1_scenes', 'stage2_scenes']
    assert main(['list', 'datasets', 'flickr']) == 0
    assert capsys.readouterr().out.startswith('soundnet_flickr  SoundNet-Flickr')
    assert main(['list', 'protocols', 'half*']) == 0
    assert capsys.readouterr().out == 'half_max  256 x 256, min_max, above 0.5\n'
    assert main(['list', 'models', 'zzz']) == 1
    assert "none of the models matches 'zzz'" in capsys.readouterr().err


def test_every_listed_model_is_a_config_with_a_line_about_it(capsys):
    assert main(['list', 'models', '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    assert {p.stem for p in shipped().glob('*.py')} <= set(found)
    assert all(found.values())


def test_tools_run_with_their_own_arguments_and_codes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(['train', '--help']) == 0
    assert '--resume' in capsys.readouterr().out
    assert main(['test', 'stage2_scenez']) == 2
    assert "did you mean 'stage2_scenes" in capsys.readouterr().err
    assert main(['report', 'nowhere']) == 1
    assert 'nowhere holds no record of a run' in capsys.readouterr().err
    (tmp_path / 'work_dirs/own').mkdir(parents=True)
    assert main(['report', 'configs/own.py']) == 1
    assert 'work_dirs/own holds no record' in capsys.readouterr().err


def test_every_command_in_the_docs_and_the_help_parses():
    root = Path(__file__).parents[2]
    pages = [(root / name).read_text() for name in ('README.md', 'docs/inference.md')]
    lines = '\n'.join([*pages, parser().epilog]).replace('\\\n', ' ').splitlines()
    commands = [shlex.split(line, comments=True)[1:] for line in lines if COMMAND.match(line)]
    assert len(commands) > 10
    for command in commands:
        if command[0] not in TOOLS:
            parser().parse_args(command)


def test_infer_py_is_the_same_command():
    tool = shipped('tools') / 'infer.py'
    command = [sys.executable, str(tool), 'list', 'models', 'stage2_scenes']
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[0].split(maxsplit=1)[0] == 'stage2_scenes'
