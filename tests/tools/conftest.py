import json
import os
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Forks for each command, so that what takes long to import is imported once for all of them.
# Asking compilers for their version and formatting the config would take longer than the rest.
SERVER = """
import errno, json, os, resource, runpy, signal, sys
sys.path[:0] = sys.argv[1:]  # PYTHONPATH cannot hold a folder with a colon
import mmavl.datasets.transforms, mmavl.engine.launch, mmavl.engine.hooks, mmavl.evaluation.metrics
import mmavl.engine.optim_wrappers, mmavl.models, mmavl.visualization
from mmengine import Config
from mmengine.runner import runner
runner.collect_env = dict
Config.pretty_text = property(lambda self: 'the config')

def run(folder, argv, full='', largest=0, env={}, name='', ignored=()):
    os.chdir(folder)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    os.environ.update(env)
    os.setpgid(0, 0)
    for stream, kind in ((1, 'stdout.txt'), (2, 'stderr.txt')):
        os.dup2(os.open(name + kind, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    if full:
        fsync = os.fsync
        def full_disk(file):
            if full in os.readlink(f'/proc/self/fd/{file}'):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(file)
        os.fsync = full_disk
    if largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    sys.argv = argv
    runpy.run_path(argv[0], run_name='__main__')

for line in sys.stdin:
    command = json.loads(line)
    if isinstance(command, int):  # a process whose end is asked for
        print(os.waitstatus_to_exitcode(os.waitpid(command, 0)[1]), flush=True)
        continue
    child = os.fork()
    if child == 0:
        run(**command)
        sys.exit()
    print(child, flush=True)
"""

Ended = namedtuple('Ended', 'code stdout stderr')


@pytest.fixture(scope='module')
def server():
    process = subprocess.Popen(
        [sys.executable, '-c', SERVER, str(ROOT), str(ROOT / 'tests/engine/toy')],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    process.wait()


def ask(server, request):
    """Send a request to the server, and read its answer."""
    server.stdin.write(json.dumps(request) + '\n')
    server.stdin.flush()
    return int(server.stdout.readline())


class Tool:
    """A tool that runs in a process group of its own."""

    def __init__(self, server, folder, command):
        self.server, self.folder, self.name = server, folder, command.get('name', '')
        self.pid = ask(server, command)

    def text(self, kind='stdout'):
        path = self.folder / f'{self.name}{kind}.txt'
        return path.read_text() if path.exists() else ''

    def wait_for(self, text, kind='stdout', seconds=60):
        end = time.monotonic() + seconds
        while text not in self.text(kind):
            assert time.monotonic() < end, self.text() + self.text('stderr')
            time.sleep(0.01)

    def signal(self, number):
        """Send a signal to the whole process group, as schedulers do."""
        os.killpg(self.pid, number)

    def ended(self):
        return Ended(ask(self.server, self.pid), self.text(), self.text('stderr'))


@pytest.fixture(scope='module')
def start_in(server):
    """Return a function that starts a tool in a folder and does not wait for its end.

    ``env`` are environment variables, ``name`` begins the names of the files for its output, and
    ``ignored`` are signals that it is started to ignore.
    """

    def start(folder, tool, *args, **kwargs):
        argv = [str(ROOT / 'tools' / tool), *map(str, args)]
        return Tool(server, folder, {'folder': str(folder), 'argv': argv, **kwargs})

    return start


@pytest.fixture
def run_tool(start_in, tmp_path):
    """Return a function that runs a tool in a process of its own, in ``tmp_path``.

    ``full`` is part of the name of a file for which the disk has no room, ``largest`` the bytes
    that no file may exceed.
    """

    def run(tool, *args, full='', largest=0):
        return start_in(tmp_path, tool, *args, full=full, largest=largest).ended()

    return run
