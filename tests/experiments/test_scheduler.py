import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mmavl.experiments import scheduler
from mmavl.experiments.trial import OUTCOME

#: Stand-ins for the worker: what a trial's process does, by the folder's name.
PROGRAM = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
if 'fails' in folder.name:
    sys.exit('error: no data at all')
if 'killed' in folder.name:
    import os; os.kill(os.getpid(), 9)
if 'waits' in folder.name:
    (folder / 'started').touch()
    time.sleep(60)
(folder / 'outcome.json').write_text('{}')
"""


@pytest.fixture
def make_folders(tmp_path, monkeypatch):
    """Folders of trials, whose processes run the program above."""
    program = tmp_path / 'program.py'
    program.write_text(PROGRAM)

    def start(command, **options):
        return popen([sys.executable, str(program), *command[3:]], **options)

    popen = subprocess.Popen
    monkeypatch.setattr(scheduler.subprocess, 'Popen', start)

    def make(*names):
        folders = [tmp_path / name for name in names]
        for folder in folders:
            folder.mkdir()
        return folders

    return make


def test_a_failure_is_reported_in_one_line_and_ends_no_other_trial(make_folders):
    folders = make_folders('a', 'fails', 'killed', 'b')
    seen = []
    failures = scheduler.run_trials(folders, 2, lambda folder, failure: seen.append(folder.name))
    assert sorted(seen) == ['a', 'b', 'fails', 'killed']
    reasons = {failure.folder.name: failure.reason for failure in failures}
    assert reasons['fails'].startswith('no data at all (see ')
    assert reasons['killed'].startswith('exit code -9 (see ')
    assert all((folder / OUTCOME).exists() for folder in (folders[0], folders[3]))


def test_trials_with_an_outcome_are_not_run_again(make_folders):
    done, todo = make_folders('done fails', 'todo')
    (done / OUTCOME).write_text('{}')
    seen = []
    assert scheduler.run_trials([done, todo], 1, lambda folder, _: seen.append(folder)) == []
    assert seen == [todo]


def test_an_interruption_stops_the_processes(make_folders):
    (folder,) = make_folders('waits')

    def interrupt():
        while not (folder / 'started').exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        scheduler.run_trials([folder])
    thread.join()
    assert time.monotonic() - start < 30  # the process would take a minute
    assert not (folder / OUTCOME).exists()
