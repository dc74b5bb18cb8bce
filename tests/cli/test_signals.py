import os
import signal
import threading
import time

import pytest

from mmavl.cli.signals import orderly_termination


def test_a_request_to_terminate_is_an_exit_in_the_block_and_as_before_behind_it():
    def terminate():
        with orderly_termination():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        terminate()
    assert ended.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_than_the_main_one_changes_nothing():
    seen = []

    def work():
        with orderly_termination():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
