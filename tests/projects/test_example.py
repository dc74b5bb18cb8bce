"""The project that ``mmavl new-project`` writes: tested, trained and used from outside mmavl."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmavl.cli.new_project import write_project

ROOT = Path(__file__).parents[2]

# All commands in one process, so that what takes long to import is imported once.
RUN = """
import sys
import pytest
from mmavl.cli import main
assert pytest.main(['-q', '-p', 'no:cacheprovider', 'tests']) == 0
for line in sys.stdin:
    assert main(line.rstrip('\\n').split('\\t')) == 0, line
import my_method
print('installed in', my_method.__file__)
"""


@pytest.fixture
def project(tmp_path):
    """A new project outside the repository, and the folder that it is installed into."""
    folder, site = tmp_path / 'elsewhere/My-Method', tmp_path / 'site'
    assert write_project(folder) == 'my_method'
    options = ['--no-deps', '--no-build-isolation', '--quiet', '--disable-pip-version-check']
    command = [sys.executable, '-m', 'pip', 'install', *options, '--target', str(site), '.']
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    shutil.rmtree(folder / 'my_method')  # what runs is what was installed
    return folder, site


def pairs_of(folder, media):
    """A picture and a sound of one class."""
    (folder / 'horn').mkdir(parents=True)
    shutil.copy(next(media.glob('*.jpg')), folder / 'horn/a.jpg')
    shutil.copy(next(media.glob('*.wav')), folder / 'horn/a.wav')
    return folder


def test_it_is_tested_trained_and_used_from_outside_of_mmavl(project, tiny_manifest, tmp_path):
    folder, site = project
    splits = ('train', 'val', 'test')
    changes = [f'data_root={tiny_manifest.parent}', 'ann_file=test.json', 'tag_level=class']
    options = [f'{s}_dataloader.dataset.{entry}' for s in splits for entry in changes]
    options += [f'{s}_dataloader.dataset.pipeline.3.seconds=1.0' for s in splits]
    for entry in ('num_workers=0', 'persistent_workers=False', 'batch_size=2'):
        options += [f'{s}_dataloader.{entry}' for s in splits]
    options += [f'model.{part}_tag_head.num_classes=2' for part in ('audio', 'visual')]
    options += ['train_cfg.max_epochs=2']
    config, checkpoint = 'configs/my_method_scenes.py', 'work_dirs/my_method_scenes/epoch_2.pth'
    pairs = pairs_of(tmp_path / 'pairs', tiny_manifest.parent)
    lines = [
        ['convert', 'my_method_pairs', pairs],
        ['list', 'converters', 'my_*'],
        ['train', config, '--cfg-options', *options],
        ['test', config, checkpoint, '--cfg-options', *options],
    ]
    ended = subprocess.run(
        [sys.executable, '-c', RUN],
        input='\n'.join('\t'.join(map(str, line)) for line in lines),
        env={**os.environ, 'PYTHONPATH': os.pathsep.join([str(site), str(ROOT)])},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert f'installed in {site}' in ended.stdout
    assert '4 passed' in ended.stdout
    assert f'{pairs}/train.json: 1 clips of 1 classes' in ended.stdout
    assert 'my_method_pairs  my_method.pairs:main, from my-method' in ended.stdout
    said = ended.stdout + ended.stderr
    losses = [float(value) for value in re.findall(r'loss_alignment: ([\d.]+)', said)]
    assert losses
    assert losses[-1] > 0
    for protocol in ('three_quarters', 'half_max'):
        assert f'{protocol}/level1_ciou: ' in said


def test_no_line_of_mmavl_knows_it_but_that_of_the_command_which_copies_it():
    knowing = [p.name for p in (ROOT / 'mmavl').rglob('*.py') if 'av_example' in p.read_text()]
    assert knowing == ['new_project.py']
