import time

from mmavl.utils.stopwatch import Stopwatch, fastest_half


def test_the_faster_half_counts():
    assert fastest_half([4.0]) == 4.0
    assert fastest_half([9.0, 1.0, 2.0, 100.0]) == 1.5
    assert fastest_half([9.0, 1.0, 2.0]) == 1.5


def test_what_other_programs_take_is_not_counted():
    watch = Stopwatch()
    time.sleep(0.2)  # as if another program had the core
    assert watch.lap() < 0.1
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    assert 0.04 < watch.lap() < 0.5
