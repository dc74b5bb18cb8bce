import json
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Forks for each command, so that what takes long to import is imported once for all of them.
# Asking compilers for their version and formatting the config would take longer than the rest.
SERVER = """
import errno, json, os, resource, runpy, sys
sys.path[:0] = sys.argv[1:]  # PYTHONPATH cannot hold a folder with a colon
import mmavl.datasets.transforms, mmavl.engine.launch, mmavl.engine.hooks, mmavl.evaluation.metrics
import mmavl.engine.optim_wrappers, mmavl.models, mmavl.visualization
from mmengine import Config
from mmengine.runner import runner
runner.collect_env = dict
Config.pretty_text = property(lambda self: 'the config')

def run(folder, argv, full, largest):
    os.chdir(folder)
    for stream, name in ((1, 'stdout.txt'), (2, 'stderr.txt')):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
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
    child = os.fork()
    if child == 0:
        run(**json.loads(line))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
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


@pytest.fixture
def run_tool(server, tmp_path):
    """Return a function that runs a tool in a process of its own, in ``tmp_path``.

    ``full`` is part of the name of a file for which the disk has no room, ``largest`` the bytes
    that no file may exceed.
    """

    def run(tool, *args, full='', largest=0):
        argv = [str(ROOT / 'tools' / tool), *map(str, args)]
        command = {'folder': str(tmp_path), 'argv': argv, 'full': full, 'largest': largest}
        server.stdin.write(json.dumps(command) + '\n')
        server.stdin.flush()
        code = int(server.stdout.readline())
        said = [(tmp_path / f'{name}.txt').read_text() for name in ('stdout', 'stderr')]
        return Ended(code, *said)

    return run
