import contextlib
import threading
import time

import pytest

from mmavl.demo.deadline import Expired, time_limit


def endless():
    while True:
        with contextlib.suppress(Exception):  # as what handles a file's errors does
            sum(range(100))


def test_work_that_goes_on_for_ever_is_ended_whatever_it_catches():
    start = time.monotonic()
    with pytest.raises(Expired), time_limit(0.05):
        endless()
    assert time.monotonic() - start < 5


def test_it_is_the_work_that_is_ended_and_no_other_thread():
    ended = []

    def work():
        try:
            with time_limit(0.05):
                endless()
        except Expired:
            ended.append('work')

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert ended == ['work']


def test_work_that_ends_in_time_is_left_alone_and_so_is_what_comes_behind():
    for _ in range(50):
        # a busy machine may take longer than that to start the clock
        with contextlib.suppress(Expired), time_limit(0.002):
            pass
    time.sleep(0.02)
    with time_limit(10):
        assert sum(range(10)) == 45


def test_an_error_of_the_work_is_its_own():
    with pytest.raises(KeyError), time_limit(10):
        raise KeyError
