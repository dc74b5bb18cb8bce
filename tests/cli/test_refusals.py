import subprocess
import sys

import pytest

from mmavl.cli.refusals import check_folder

#: Takes seconds to import.
SLOW = ('torch', 'mmengine.runner', 'mmengine.model', 'matplotlib', 'gradio', 'timm')
#: Command lines that need no model, and their exit codes.
LINES = {
    '--help': 0,
    '--version': 0,
    'localize --help': 0,
    'train --help': 0,
    'test --help': 0,
    'experiment --help': 0,
    'leaderboard --help': 0,
    'convert --help': 0,
    'list converters': 0,
    'new-project {folder}': 2,
    'experiment none.yaml': 2,
    'report --help': 0,
    'list models': 0,
    'list datasets': 0,
    'list weights': 0,
    'localize none.mp4 --out out': 2,
    'separate none.mp4 none.wav --out out': 2,
    'localize {clip} --out {clip}/out': 2,
    'localize {clip} --out {folder}': 2,
    'localize {clip} --out out --model stage2_scenez': 2,
    'separate {clip} --out out --model none.safetensors': 2,
    'separate {clip} --out out --weights none.pth': 2,
    'evaluate none.json': 2,
    'draw-boxes none': 2,
    'demo --model stage2_scenez': 2,
    'demo --rate 0': 2,
    'check none.json': 2,
    'report none': 2,
    'train none': 2,
    'test stage2_scenes none.pth': 2,
}
RUN = """
import sys
from mmavl.cli import main
for line in sys.stdin.read().splitlines():
    try:
        code = main(line.split())
    except SystemExit as end:
        code = end.code
    slow = [name for name in {slow} if name in sys.modules]
    print('\\n== ' + line, code, *slow)
"""


def test_help_lists_and_refusals_import_nothing_slow(tmp_path):
    clip = tmp_path / 'clip.mp4'
    clip.write_bytes(b'x')
    lines = {k.format(clip=clip, folder=tmp_path): code for k, code in LINES.items()}
    ended = subprocess.run(
        [sys.executable, '-c', RUN.format(slow=SLOW)],
        input='\n'.join(lines), capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = [line[3:] for line in ended.stdout.splitlines() if line.startswith('== ')]
    assert said == [f'{line} {code}' for line, code in lines.items()]
    errors = ended.stderr.splitlines()
    assert len(errors) == sum(code == 2 for code in LINES.values())
    assert all(line.startswith('error: ') for line in errors)
    assert sorted(tmp_path.iterdir()) == [clip]  # nothing was created


@pytest.mark.parametrize('place', ['', 'a', 'a/b/c'])
def test_a_folder_that_can_be_made_is_not_refused(tmp_path, place):
    check_folder(str(tmp_path / place))
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / 'a').touch()
    with pytest.raises(NotADirectoryError, match=r'--out .*/a/b: .*/a is a file, not a folder'):
        check_folder(str(tmp_path / 'a/b'))
