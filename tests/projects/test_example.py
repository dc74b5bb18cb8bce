"""The downstream project, copied away, installed, and trained: mmavl itself stays as it is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / 'projects/example'

# The tools in one process, so that what takes long to import is imported once.
RUN = """
import runpy, sys
import pytest
assert pytest.main(['-q', '-p', 'no:cacheprovider', 'tests']) == 0
for line in sys.stdin:
    sys.argv = line.rstrip('\\n').split('\\t')
    runpy.run_path(sys.argv[0], run_name='__main__')
import av_example
print('installed in', av_example.__file__)
"""


@pytest.fixture
def project(tmp_path):
    """The project outside the repository, and the folder that it is installed into."""
    copy, site = tmp_path / 'elsewhere/example', tmp_path / 'site'
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns('__pycache__', '*.egg-info'))
    options = ['--no-deps', '--no-build-isolation', '--quiet', '--disable-pip-version-check']
    command = [sys.executable, '-m', 'pip', 'install', *options, '--target', str(site), '.']
    subprocess.run(command, cwd=copy, check=True, capture_output=True, text=True)
    shutil.rmtree(copy / 'av_example')  # what runs is what was installed
    return copy, site


def test_trains_and_tests_from_outside_of_the_repository(project, tiny_manifest):
    copy, site = project
    data = f'dataset.data_root={tiny_manifest.parent}', 'dataset.ann_file=test.json'
    options = [f'{s}_dataloader.{entry}' for s in ('train', 'val', 'test') for entry in data]
    options += ['train_dataloader.batch_size=2', 'train_cfg.max_epochs=2', 'log_level=INFO']
    options += [f'model.{part}_tag_head.num_classes=2' for part in ('audio', 'visual')]
    for split in ('train', 'val', 'test'):
        options += [f'{split}_dataloader.dataset.pipeline.3.seconds=1.0']
    tools, config = ROOT / 'mmavl/.mim/tools', 'configs/example_scenes.py'
    lines = [
        [tools / 'train.py', config, '--cfg-options', *options],
        [
            tools / 'test.py',
            config,
            'work_dirs/example_scenes/epoch_2.pth',
            '--cfg-options',
            *options,
        ],
    ]
    ended = subprocess.run(
        [sys.executable, '-c', RUN],
        input='\n'.join('\t'.join(map(str, line)) for line in lines),
        env={**os.environ, 'PYTHONPATH': os.pathsep.join([str(site), str(ROOT)])},
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert f'installed in {site}' in ended.stdout
    assert '3 passed' in ended.stdout
    said = ended.stdout + ended.stderr
    losses = [float(value) for value in re.findall(r'loss_alignment: ([\d.]+)', said)]
    assert losses
    assert losses[-1] > 0
    for protocol in ('three_quarters', 'half_max'):
        assert f'{protocol}/level1_ciou: ' in said


def test_no_line_of_mmavl_knows_it():
    for path in (ROOT / 'mmavl').rglob('*.py'):
        assert 'av_example' not in path.read_text()
