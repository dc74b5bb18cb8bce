"""The documentation is built without warnings."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

from .blocks import ROOT


@pytest.mark.skipif(importlib.util.find_spec('sphinx') is None, reason='sphinx is not installed')
def test_the_pages_are_built_without_warnings(tmp_path):
    docs = tmp_path / 'docs'
    shutil.copytree(ROOT / 'docs', docs, ignore=shutil.ignore_patterns('_build'))
    for name in ('CONTRIBUTING.md', 'CHANGELOG.md'):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, '-m', 'sphinx', '-W', '-q', '--keep-going', '-b', 'html']
    ended = subprocess.run(
        [*command, str(docs), str(tmp_path / 'html')],
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    page = (tmp_path / 'html/api.html').read_text()
    for name in ('CoarseToFine', 'LocalizationMetric', 'AVDataset', 'load_exported'):
        assert f'>{name}</span>' in page
