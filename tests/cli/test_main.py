import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mmavl.cli import main
from mmavl.cli.main import parser
from mmavl.cli.tools import TOOLS
from mmavl.utils.shipped import shipped

COMMAND = re.compile(r' *mmavl [a-z]+ ')


@pytest.mark.parametrize(
    'arguments',
    [
        [],
        ['localize', 'x.mp4'],
        ['localize', 'x.mp4', '--out', 'y', '--threshold', '1.5'],
        ['localize', 'x.mp4', '--out', 'y', '--rate', '0'],
        ['localize', 'x.mp4', '--out', 'y', '--batch-size', '-1'],
        ['list', 'checkpoints'],
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
