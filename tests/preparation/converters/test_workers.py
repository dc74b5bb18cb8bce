import os
import signal
import time

import pytest

from mmavl.preparation.converters.workers import LostError, run_each


def work(task):
    """What a file may do to the process that reads it."""
    if task == 'crash':
        os.kill(os.getpid(), signal.SIGSEGV)
    if task == 'hang':
        time.sleep(600)
    if task == 'raise':
        raise OSError(28, 'No space left on device')
    return task.upper()


class CrashAtOnce(str):
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_crash_and_a_hang_are_named_and_the_others_go_on():
    tasks = ['a', 'crash', 'hang', CrashAtOnce('x'), 'b', 'c']
    begin = time.monotonic()
    found = {str(task): result for task, result in run_each(work, tasks, workers=2, limit=1.0)}
    assert time.monotonic() - begin < 60
    assert {task: found[task] for task in 'abc'} == {'a': 'A', 'b': 'B', 'c': 'C'}
    lost = {task: str(found[task]) for task in found if isinstance(found[task], LostError)}
    assert lost == {
        'crash': 'crashes the decoder',
        'hang': 'takes longer than 1 s',
        'x': 'crashes the decoder',
    }


@pytest.mark.parametrize('workers', [0, 1])
def test_what_the_function_raises_is_raised(workers):
    with pytest.raises(OSError, match='No space left'):
        list(run_each(work, ['raise', 'a'], workers, limit=60))


def test_without_processes_the_order_is_kept():
    assert list(run_each(work, ['b', 'a'], 0, 60)) == [('b', 'B'), ('a', 'A')]


def test_nothing_to_do_starts_nothing():
    assert list(run_each(work, [], 2, 60)) == []
