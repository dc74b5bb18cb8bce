"""Every block of the documentation runs, or says why not; the pages are built without warnings."""

import ast
import contextlib
import importlib.util
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from mmengine import Config

from mmavl.cli.main import parser
from mmavl.cli.tools import TOOLS

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / 'README.md',
    *sorted((ROOT / 'docs').rglob('*.md')),
    *sorted((ROOT / 'projects').rglob('*.md')),
]  # CONTRIBUTING.md's blocks run in test_contributing.py
FENCE = re.compile(
    r'(?:<!-- (?P<mark>[^>]*?) ?-->\n)?'
    r'^(?P<indent> *)```(?P<language>[a-z]+)\n(?P<text>.*?)^(?P=indent)```$',
    re.DOTALL | re.MULTILINE,
)
#: Other commands than those of this repository, which a reader's own machine has.
COMMANDS = {
    'apt-get', 'cd', 'curl', 'git', 'ls', 'mkdir', 'npm', 'pip', 'source', 'sudo', 'unzip', 'wget',
}  # fmt: skip
QUICKSTART = 'work_dirs/quickstart_seed0'
#: Not checked as a program: data, settings and output.
OTHER_LANGUAGES = {'text', 'bibtex', 'json', 'yaml', 'toml', 'csv', 'console'}


class Block(NamedTuple):
    page: str
    line: int
    mark: str
    language: str
    text: str


def blocks(path):
    text = path.read_text()
    for found in FENCE.finditer(text):
        line = text.count('\n', 0, found.start('language')) + 1
        name = str(path.relative_to(ROOT))
        yield Block(name, line, found['mark'] or '', found['language'], found['text'])


BLOCKS = [block for path in PAGES for block in blocks(path)]
SHELL = [block for block in BLOCKS if block.language in ('bash', 'sh')]
SLOW = [block for block in SHELL if block.mark.startswith('slow')]


def name_of(block):
    return f'{block.page}:{block.line}'


# --------------------------------------------------------------------------------- shell


def commands(text):
    """The simple commands of a shell block, as words; loops and pipes are taken apart."""
    for line in text.replace('\\\n', ' ').splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=';&|')
        lexer.whitespace_split = True
        words = []
        for word in [*lexer, ';']:
            if set(word) <= set(';&|'):
                if words:
                    yield words
                words = []
            elif words or not re.match(r'(do|done|then|fi)$|[A-Za-z_]\w*=', word):
                words.append(word)


def expand(word):
    """Braces as the shell expands them: a{b,c} -> ab ac."""
    found = re.search(r'\{([^{}]*,[^{}]*)\}', word)
    if found is None:
        return [word]
    parts = found[1].split(',')
    return [w for p in parts for w in expand(word[: found.start()] + p + word[found.end() :])]


def parse_with(script, arguments):
    """Give a tool's own parser the arguments; what it does not take fails the test."""
    spec = importlib.util.spec_from_file_location(script.stem, script)
    tool = importlib.util.module_from_spec(spec)
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(said):
        patch.setattr(sys, 'argv', [script.name, *arguments])
        patch.setattr(sys, 'path', [str(script.parent), *sys.path])
        spec.loader.exec_module(tool)
        try:
            tool.parse_args()
            code = 0
        except SystemExit as stopped:
            code = stopped.code
    assert not code, said.getvalue()


def check_mmavl(arguments):
    """The command's own parser, or that of the tool that a subcommand stands for."""
    if arguments and arguments[0] in TOOLS:
        return parse_with(ROOT / 'tools' / TOOLS[arguments[0]][0], arguments[1:])
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parser().parse_args(arguments)
            code = 0
        except SystemExit as stopped:
            code = stopped.code
    assert not code, said.getvalue()


def check_command(words, folder):
    words = [part for word in words for part in expand(word)]
    if words[0] == 'for':
        return
    if words[0] == 'mmavl':
        return check_mmavl(words[1:])
    if words[0] in ('python', 'bash'):
        program, arguments = words[1], words[2:]
        if program in ('-m', '-c'):
            assert arguments[0] in ('pip', 'pytest', 'sphinx') or program == '-c', words
            return
        script = ROOT / program.replace('$tools/', 'tools/')
        assert script.is_file(), f'{program} does not exist'
        if script.suffix == '.py':
            parse_with(script, arguments)
        else:
            text = script.read_text()
            hands_on = 'case $1' not in text and '@' in text
            for option in (word for word in arguments if word.startswith('--')):
                assert option in text or hands_on, f'{program}: {option}'
        for word in arguments:
            if re.fullmatch(r'(\./)?configs/[\w./-]+\.py', word):
                path = folder / word if (folder / word).is_file() else ROOT / word
                Config.fromfile(path, import_custom_modules=False)
        return
    assert words[0].split('/')[-1] in COMMANDS, f'{words[0]} is neither known nor a tool'


def check_all(text, folder=ROOT):
    text = re.sub(r'^\w+=\$\(.*\)\S*$', '', text, flags=re.MULTILINE)
    for name, value in re.findall(r'^(\w+)="(.*)"$', text, re.MULTILINE):
        text = text.replace(f'${name}', value)
    for words in commands(text):
        check_command(words, folder)


@pytest.mark.parametrize('block', SHELL, ids=name_of)
def test_shell_blocks_call_tools_that_exist_with_options_they_take(block):
    check_all(block.text, (ROOT / block.page).parent)


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('python tools/trian.py CONFIG', 'does not exist'),
        ('python tools/train.py CONFIG --wrok-dir x', 'unrecognized arguments: --wrok-dir'),
        ('for s in a b; do python tools/test.py; done', 'required: config'),
        ('bash tools/quickstart.sh --smok3', '--smok3'),
        ('mmavl localize clip.mp4', 'required: --out'),
        ('mmavl train C --wrok-dir x', 'unrecognized arguments: --wrok-dir'),
        ('python tools/train.py configs/stage_2.py', 'stage_2'),
        ('# first\npython tools/train.py C  # why\nmagic --now', 'magic is neither known'),
    ],
)
def test_the_check_of_shell_blocks_finds_what_is_wrong(line, message):
    with pytest.raises((AssertionError, OSError), match=message):
        check_all(line)


@pytest.fixture(scope='module')
def workplace(tmp_path_factory):
    """A folder with the tools, what the quickstart has left, and short videos of two classes."""
    folder = tmp_path_factory.mktemp('reader')
    for name in ('tools', 'configs', '.venv', 'data/instrument_scenes', QUICKSTART):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    spec = importlib.util.spec_from_file_location(
        'converters_conftest', ROOT / 'tests/datasets/converters/conftest.py'
    )
    helpers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(helpers)
    for name in ('dog/rex', 'dog/in the park', 'dog/c', 'piano/1', 'piano/2', 'piano/3'):
        helpers.write_video(folder / f'my_videos/{name}.mp4', 10)
    helpers.write_video(folder / 'clip.mp4', 6)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize('page', sorted({block.page for block in SLOW}))
def test_slow_shell_blocks_run_one_after_the_other(page, workplace):
    needed = any(b.page == page and b.mark == 'slow: quickstart' for b in SLOW)
    if needed and not (ROOT / QUICKSTART / 'stage2_scenes').is_dir():
        pytest.skip('bash tools/quickstart.sh has not been run')
    script = 'set -euo pipefail\n' + '\n'.join(b.text for b in SLOW if b.page == page)
    script = re.sub(
        r'^python |(?<=\s)python ', f'{shlex.quote(sys.executable)} ', script, flags=re.M
    )
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    env = {**os.environ, 'PATH': path, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'}
    ended = subprocess.run(
        ['bash', '-c', script], cwd=workplace, env=env, capture_output=True, text=True
    )
    assert ended.returncode == 0, (ended.stdout + ended.stderr)[-3000:]


# -------------------------------------------------------------------------------- Python


@pytest.mark.parametrize(
    'page', sorted({block.page for block in BLOCKS if block.language == 'python'})
)
def test_python_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    """Hidden code in a comment ``<!-- setup ... -->`` runs before the blocks behind it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
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
            if mark.startswith('not run: '):
                ast.parse(code)
            elif '_base_' in code:
                (tmp_path / 'config.py').write_text(code)
                Config.fromfile(tmp_path / 'config.py')
            else:
                exec(compile(code, page, 'exec'), names)
    finally:
        for name in set(MODELS.module_dict) - before:
            MODELS.module_dict.pop(name)


def test_what_is_not_run_says_why():
    for block in BLOCKS:
        if block.mark.startswith('not run'):
            reason = block.mark.removeprefix('not run').removeprefix(': ')
            assert len(reason) > 10, name_of(block)
        assert block.language in {'bash', 'python'} | OTHER_LANGUAGES, name_of(block)


# --------------------------------------------------------------------------------- pages


@pytest.mark.skipif(importlib.util.find_spec('sphinx') is None, reason='sphinx is not installed')
def test_the_pages_are_built_without_warnings(tmp_path):
    docs = tmp_path / 'docs'
    shutil.copytree(ROOT / 'docs', docs, ignore=shutil.ignore_patterns('_build'))
    for name in ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'):
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
