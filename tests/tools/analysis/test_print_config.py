import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOOL = ROOT / 'tools/analysis/print_config.py'


def test_the_merged_config_is_printed_as_a_config_of_its_own(tmp_path):
    (tmp_path / 'base.py').write_text('a = dict(x=1, y=2)')
    (tmp_path / 'top.py').write_text("_base_ = 'base.py'\na = dict(y=3)")
    command = [sys.executable, TOOL, tmp_path / 'top.py', '--cfg-options', 'a.z=4']
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = {}
    exec(out, values)
    assert values['a'] == {'x': 1, 'y': 3, 'z': 4}


def test_the_old_path_of_a_config_gets_one_line_with_the_new_one():
    command = [sys.executable, TOOL, 'configs/stage2_scenes_product.py']
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 2
    assert ended.stderr == (
        'error: config not found: configs/stage2_scenes_product.py; '
        'it is at configs/ablations/stage2_scenes_product.py\n'
    )
