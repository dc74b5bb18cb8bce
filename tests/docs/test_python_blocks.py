"""Every Python block of the documentation runs, here or in test_reader.py, or says why not."""

import ast
import re

import pytest
from mmengine import Config

from .blocks import BLOCKS, FENCE, ROOT, load

MEDIA = load('media', ROOT / 'tests/preparation/converters/conftest.py')


@pytest.mark.parametrize(
    'page', sorted({block.page for block in BLOCKS if block.language == 'python'})
)
def test_python_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    """Hidden code in a comment ``<!-- setup ... -->`` runs before the blocks behind it.

    The pages' ``clip.mp4`` is a video of two seconds.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    MEDIA.write_video(tmp_path / 'clip.mp4', 2)
    text = (ROOT / page).read_text()
    steps = [(m.start(), m[1], 'setup') for m in re.finditer(r'<!-- setup\n(.*?)-->', text, re.S)]
    for found in FENCE.finditer(text):
        if found['language'] == 'python':
            steps.append((found.start('text'), found['text'], found['mark'] or ''))
    names = {'__name__': 'documentation'}
    from mmavl.registry import MODELS

    MODELS.import_from_location()
    before = set(MODELS.module_dict)
    try:
        for _, code, mark in sorted(steps):
            if mark.startswith(('not run: ', 'with the shell: ')):
                ast.parse(code)
            elif '_base_ =' in code or 'read_base' in code:
                (tmp_path / 'config.py').write_text(code)
                Config.fromfile(tmp_path / 'config.py', import_custom_modules=False)
            else:
                exec(compile(code, page, 'exec'), names)
    finally:
        for name in set(MODELS.module_dict) - before:
            MODELS.module_dict.pop(name)
