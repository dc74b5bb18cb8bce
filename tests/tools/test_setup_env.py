"""The environment's script in an empty clone, with a stand-in for Python."""

import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = r"""#!/bin/bash
if [ "$1" = -c ]; then
    case $2 in
        *sys.exit*) exit ${TOO_OLD:-0} ;;
        *print*) echo 3.12 ;;
    esac
elif [ "$2" = venv ]; then
    case $3 in *:*) echo 'Refusing to create a venv'; exit 1 ;; esac
    [ -z "${NO_VENV:-}" ] || { echo 'ensurepip is not available'; mkdir .venv; exit 1; }
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    [ -z "${DIES:-}" ] || kill -9 $PPID
    touch "$3/bin/pip"
    chmod +x "$3/bin/pip"
else
    [ -z "${SLOW:-}" ] || sleep 0.5
    echo "$@" >>pip.log
    [ -z "${PIP_FAILS:-}" ] || exit 1
fi
"""


@pytest.fixture(params=['a clone', 'a clone: für alle'])
def clone(request, tmp_path):
    (tmp_path / 'bin').mkdir()
    for name in ('python3', 'python3.10', 'python3.11', 'python3.12', 'python3.13'):
        (tmp_path / 'bin' / name).write_text(PYTHON)
        (tmp_path / 'bin' / name).chmod(0o755)
    root = tmp_path / request.param
    shutil.copytree(ROOT / 'requirements', root / 'requirements')
    (root / 'tools').mkdir()
    shutil.copy(ROOT / 'tools/setup_env.sh', root / 'tools')
    shutil.copy(ROOT / 'setup.cfg', root)

    def setup(**env):
        path = f'{tmp_path / "bin"}:{os.environ["PATH"]}'
        kept = {k: v for k, v in os.environ.items() if k not in ('PYTHON', 'XDG_DATA_HOME')}
        env = {**kept, 'PATH': path, 'HOME': str(tmp_path / 'a home'), **env}
        result = subprocess.run(
            ['bash', root / 'tools/setup_env.sh'],
            env=env, cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip
        log = root / 'pip.log'
        return result, log.read_text().splitlines() if log.exists() else []

    setup.root = root
    return setup


def test_an_empty_clone_gets_everything_once(clone):
    result, log = clone()
    assert result.returncode == 0, result.stderr
    assert [line.split('--quiet ')[1] for line in log] == [
        '-rrequirements/runtime.txt -rrequirements/scenes.txt -rrequirements/pseudo_labels.txt '
        '-rrequirements/onnx_export.txt -rrequirements/detection.txt -rrequirements/hub.txt '
        '-rrequirements/demo.txt -rrequirements/tests.txt -rrequirements/docs.txt',
        '--no-deps -r requirements/no_deps.txt',
        '--no-deps --no-build-isolation --editable .',
    ]
    result, again = clone()
    assert result.returncode == 0
    assert again == log
    assert result.stdout == ''


def test_a_path_with_a_colon_has_its_environment_elsewhere(clone):
    result, _ = clone()
    link = clone.root / '.venv'
    if ':' not in str(clone.root):
        assert not link.is_symlink()
        assert 'link' not in result.stdout
        return
    place = link.readlink()
    assert place.parent == clone.root.parent / 'a home/.local/share/mmavl'
    assert f'The path of this folder has a colon: .venv is a link to {place}' in result.stdout
    assert (link / 'mmavl-requirements').is_file()


def test_a_changed_requirement_is_installed(clone):
    _, log = clone()
    with (clone.root / 'requirements/runtime.txt').open('a') as file:
        file.write('another==1.0\n')
    assert len(clone()[1]) == 2 * len(log)


def test_an_interrupted_installation_goes_on(clone):
    result, _ = clone(PIP_FAILS='1')
    assert result.returncode != 0
    result, log = clone()
    assert result.returncode == 0
    assert len(log) == 4


def test_an_environment_that_was_killed_half_made_is_made_again(clone):
    result, log = clone(DIES='1')
    assert (result.returncode, log) == (-signal.SIGKILL, [])
    result, log = clone()
    assert result.returncode == 0
    assert len(log) == 3


@pytest.mark.skipif(shutil.which('flock') is None, reason='flock is not installed')
def test_of_two_at_once_one_installs_and_the_other_waits(clone):
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(clone, SLOW='1') for _ in range(2)]
    results = [job.result()[0] for job in both]
    assert [result.returncode for result in results] == [0, 0]
    assert len(clone()[1]) == 3
    said = sorted(result.stdout for result in results)
    assert said[0] == 'Another process makes .venv: waiting for it\n'


def test_a_missing_venv_module_names_the_command_and_leaves_nothing(clone):
    result, log = clone(NO_VENV='1')
    assert result.returncode == 1
    assert 'sudo apt-get install python3.12-venv' in result.stderr
    assert log == []
    assert not os.path.lexists(clone.root / '.venv')


def test_an_old_python_is_refused(clone):
    result, _ = clone(TOO_OLD='1')
    assert result.returncode == 1
    assert 'no Python >= 3.10 found' in result.stderr


def test_every_requirement_is_pinned():
    for path in (ROOT / 'requirements').glob('*.txt'):
        for line in path.read_text().splitlines():
            assert line.startswith('#') or '==' in line, f'{path.name}: {line}'
