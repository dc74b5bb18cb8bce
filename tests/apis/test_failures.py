import errno
import logging

import pytest

from mmavl.apis.failures import Failure, contained
from mmavl.errors import DataError


def test_an_error_becomes_a_failure_and_its_traceback_is_in_the_log(caplog):
    failures = []
    with caplog.at_level(logging.DEBUG, 'mmavl.apis.failures'), contained('a', failures):
        raise KeyError('x')
    assert failures == [Failure('a', "KeyError: 'x'")]
    assert 'raise KeyError' in caplog.text


def test_of_a_single_clip_it_is_a_data_error_and_one_of_ours_stays_itself():
    ours = DataError('x.mp4 is empty')
    for error, message in ((KeyError('x'), "a: KeyError: 'x'"), (ours, 'x.mp4 is empty')):
        with pytest.raises(DataError) as raised, contained('a', [], single=True):
            raise error
        assert str(raised.value) == message
    assert raised.value is ours


@pytest.mark.parametrize('error', [KeyboardInterrupt(), OSError(errno.ENOSPC, 'full')])
def test_what_ends_the_run_passes(error):
    failures = []
    with pytest.raises(type(error)), contained('a', failures):
        raise error
    assert failures == []
