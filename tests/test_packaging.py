import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SOURCES = [
    'mmavl',
    'configs',
    'tools',
    'projects',
    'setup.cfg',
    'model-index.yml',
    'pyproject.toml',
    'README.md',
    'LICENSE',
]


def pip(*args):
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', *args]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    source = tmp_path_factory.mktemp('source')
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns('__pycache__')
            shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy(ROOT / name, source)
    pip('wheel', '--no-build-isolation', '--no-deps', '-w', str(source / 'dist'), str(source))
    return next((source / 'dist').glob('mmavl-*.whl'))


def test_the_wheel_holds_every_module_config_page_and_tool(wheel):
    packed = set(zipfile.ZipFile(wheel).namelist())
    source = wheel.parents[1]  # a copy of the repository
    kinds = ('.py', '.html', '.css', '.js')
    files = [
        p for p in (source / 'mmavl').rglob('*') if p.suffix in kinds and '.mim' not in p.parts
    ]
    expected = {str(p.relative_to(source)) for p in files}
    assert 'mmavl/reports/pages/report.html' in expected
    for folder, pattern in (
        ('configs', '*.py'),
        ('configs', '*.md'),
        ('tools', '*.py'),
        ('tools', '*.sh'),
        ('projects/paper_tables', '*.py'),
    ):
        paths = (source / folder).rglob(pattern)
        expected |= {f'mmavl/.mim/{p.relative_to(source)}' for p in paths}
    assert expected - packed == set()
    assert 'mmavl/py.typed' in packed
    assert 'mmavl/.mim/model-index.yml' in packed  # `mim search mmavl`
    entry_points = next(name for name in packed if name.endswith('/entry_points.txt'))
    assert 'mmavl = mmavl.cli:main' in zipfile.ZipFile(wheel).read(entry_points).decode()
    assert any(name.endswith('licenses/LICENSE') for name in packed)
    assert not [name for name in packed if name.startswith(('tests/', 'build/'))]


@pytest.mark.slow
def test_the_installed_wheel_works_from_anywhere(wheel, tmp_path):
    site = tmp_path / 'site'
    pip('install', '--no-deps', '--target', str(site), str(wheel))
    script = """
import mmavl
from mmavl.registry import HOOKS, MODELS
print(mmavl.__file__)
assert MODELS.get('CoarseToFine') and HOOKS.get('AtomicCheckpointHook')
"""
    env = {**os.environ, 'PYTHONPATH': str(site)}
    run = lambda *args: subprocess.run(  # noqa: E731
        [sys.executable, *args], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
    )
    assert run('-c', script).stdout.startswith(str(site))
    mim = site / 'mmavl/.mim'
    printed = run(mim / 'tools/analysis/print_config.py', mim / 'configs/stage2_scenes.py').stdout
    assert "default_scope = 'mmavl'" in printed
    reproduce = run(mim / 'tools/analysis/reproduce_table.py', '--help').stdout
    assert '--dumps-only' in reproduce
    inherit = "_base_ = 'mmavl::stage2_scenes.py'\ntrain_cfg = dict(max_epochs=3)"
    (tmp_path / 'own.py').write_text(inherit)
    printed = run(mim / 'tools/analysis/print_config.py', 'own.py').stdout
    assert 'max_epochs=3' in printed
    assert 'CoarseToFine' in printed
    listed = run('-m', 'mmavl', 'list', 'models', 'stage2_scenes').stdout
    assert listed.startswith('stage2_scenes ')
    assert '--resume' in run('-m', 'mmavl', 'train', '--help').stdout


def test_a_checkout_offers_its_configs_under_the_same_path():
    assert (ROOT / 'mmavl/.mim/configs').samefile(ROOT / 'configs')
    assert (ROOT / 'mmavl/.mim/tools').samefile(ROOT / 'tools')


def test_every_model_that_mim_lists_has_its_config_where_mim_looks():
    mim = ROOT / 'mmavl/.mim'
    index = yaml.safe_load((mim / 'model-index.yml').read_text())
    models = [m for f in index['Import'] for m in yaml.safe_load((mim / f).read_text())['Models']]
    assert models
    assert [m['Config'] for m in models if not (mim / m['Config']).is_file()] == []
