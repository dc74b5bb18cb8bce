import subprocess
import sys
from importlib.metadata import version

import torch

from mmavl import __version__
from mmavl.collect_env import collect_env


def test_versions_and_hardware_are_listed(monkeypatch):
    monkeypatch.setattr(
        torch.cpu,
        'get_capabilities',
        lambda: {'amx_bf16': True, 'cpu_name': 'Fast'},
        raising=False,
    )
    info = collect_env()
    assert info['mmavl'].startswith(__version__)
    assert info['torch'] == version('torch')
    assert info['onedl-mmengine'] == version('onedl-mmengine')
    assert info['CPU'].startswith('Fast, ')
    assert info['CPU fast bfloat16'] == 'amx_bf16'
    monkeypatch.setattr(torch.cpu, 'get_capabilities', dict, raising=False)
    assert collect_env()['CPU fast bfloat16'] == 'no'


def test_what_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr('mmavl.collect_env._PACKAGES', ('torch', 'no-such-package'))
    assert 'no-such-package' not in collect_env()


def test_it_runs_as_a_module():
    command = [sys.executable, '-m', 'mmavl.collect_env']
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.startswith(f'mmavl: {__version__}')
