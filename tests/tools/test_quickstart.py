"""Parts of the quickstart."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).parents[2] / 'tools/quickstart.sh'


@pytest.mark.parametrize(
    ('damage', 'code'),
    [
        (lambda content: content, 0),
        (lambda content: content[:-100], 1),
        (lambda content: b'', 1),
        (lambda content: content.replace(b'\x80\x3f' * 2, b'\x80\x3e' * 2), 1),
        (None, 1),
    ],
)
def test_a_damaged_checkpoint_does_not_count_as_trained(tmp_path, damage, code):
    path = tmp_path / 'epoch 4.pth'
    if damage is not None:
        torch.save({'weight': torch.full((40,), 1.0, dtype=torch.bfloat16)}, path)  # 0x3f80
        path.write_bytes(damage(path.read_bytes()))
    function = re.search(r'^intact\(\) .*?^}$', SCRIPT.read_text(), re.DOTALL | re.MULTILINE)[0]
    command = f'python={shlex.quote(sys.executable)}\n{function}\nintact "$1"'
    result = subprocess.run(['bash', '-c', command, 'bash', path], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (code, '')
