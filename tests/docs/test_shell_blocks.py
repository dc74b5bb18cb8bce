"""Every shell block calls tools that exist, with options they take; test_reader.py runs them."""

import contextlib
import importlib
import importlib.util
import io
import re
import shlex
import sys

import pytest
from mmengine import Config

from mmavl.cli.main import parser
from mmavl.cli.tools import TOOLS

from .blocks import BLOCKS, ROOT, SHELL, name_of

#: Other commands than those of this repository, which a reader's own machine has.
COMMANDS = {
    'apt-get', 'cd', 'curl', 'git', 'ls', 'mim', 'mkdir', 'npm', 'pip', 'source', 'sudo', 'unzip',
    'wget',
}  # fmt: skip
#: Not checked as a program: data, settings and output.
OTHER_LANGUAGES = {'text', 'bibtex', 'json', 'yaml', 'toml', 'csv', 'console'}


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
        parse_args = getattr(tool, 'parse_args', None) or _parser_of_command(script.stem)
        try:
            parse_args()
            code = 0
        except SystemExit as stopped:
            code = stopped.code
    assert not code, said.getvalue()


def _parser_of_command(name):
    """tools/train.py, test.py and report.py call the commands of the same names."""
    assert name in TOOLS, f'{name} has no parse_args'
    return importlib.import_module(f'mmavl.cli.{name}').parse_args


def check_mmavl(arguments):
    """The command's own parser, or that of the tool that a subcommand stands for."""
    if arguments and arguments[0] == 'convert':
        return parse_with(ROOT / f'tools/dataset_converters/{arguments[1]}.py', arguments[2:])
    parse = parser().parse_args
    if arguments and arguments[0] in TOOLS:
        parse, arguments = _parser_of_command(arguments[0]), arguments[1:]
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parse(arguments)
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
            assert arguments[0] in ('pip', 'pytest', 'sphinx', 'zipfile') or program == '-c', words
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


def test_what_is_not_run_says_why():
    for block in BLOCKS:
        if block.mark.startswith('not run'):
            reason = block.mark.removeprefix('not run').removeprefix(': ')
            assert len(reason) > 10, name_of(block)
        assert block.language in {'bash', 'python'} | OTHER_LANGUAGES, name_of(block)
