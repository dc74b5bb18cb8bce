import errno
import os

import pytest

from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.failures import ends_run, error_line, first_line, input_errors


@pytest.mark.parametrize(
    ('error', 'line'),
    [
        (DataError('x.mp4 is empty'), 'x.mp4 is empty'),
        (ConfigError('no key'), 'no key'),
        (CheckpointError('cut'), 'cut'),
        (DataError('a\nb\udce9.mp4 is empty'), r'a\nb\udce9.mp4 is empty'),
        (KeyError('x'), "KeyError: 'x'"),
        (RuntimeError('size\n\n  mismatch\n'), 'RuntimeError: size mismatch'),
        (AssertionError(), 'AssertionError'),
        (OSError(2, 'No such file', 'a'), "FileNotFoundError: [Errno 2] No such file: 'a'"),
        (ValueError('x' * 9999), f'ValueError: {"x" * 500}…'),
    ],
)
def test_an_error_is_one_line_with_its_type_unless_it_is_mmavls(error, line):
    assert error_line(error) == line


@pytest.mark.parametrize(
    ('error', 'line'),
    [
        (RuntimeError('  size mismatch\n  in conv1\n'), 'size mismatch'),
        (AssertionError(), 'AssertionError'),
        (ValueError(' \n'), 'ValueError'),
        (KeyError('x' * 999), "'" + 'x' * 299),
    ],
)
def test_of_a_long_message_the_first_line_counts(error, line):
    assert first_line(error) == line


@pytest.mark.parametrize(
    ('error', 'ends'),
    [
        (OSError(errno.ENOSPC, 'full'), True),
        (OSError(errno.EDQUOT, 'quota'), True),
        (OSError(errno.EROFS, 'read-only'), True),
        (OSError(errno.EIO, 'the MP4 cannot be written'), False),
        (IsADirectoryError(errno.EISDIR, 'a.png'), False),
        (MemoryError(), False),
        (RuntimeError(), False),
        (KeyboardInterrupt(), True),
        (SystemExit(), True),
    ],
)
def test_only_what_would_meet_every_input_ends_a_run(error, ends):
    assert ends_run(error) == ends


def test_a_folder_that_may_not_be_written_ends_a_run(tmp_path, monkeypatch):
    error = PermissionError(errno.EACCES, 'denied')
    assert not ends_run(error, tmp_path)
    monkeypatch.setattr(os, 'access', lambda path, mode: path != tmp_path)
    assert ends_run(error, tmp_path)
    assert not ends_run(ValueError(), tmp_path)


@pytest.mark.parametrize('error', [RuntimeError('bad'), TypeError(), RecursionError('deep')])
def test_whatever_an_input_raises_is_a_data_error_with_its_type_and_line(error):
    with pytest.raises(DataError) as caught, input_errors("clip 'a'"):
        raise error
    assert str(caught.value).startswith(f'{error_line(error)} (test_failures.py, line ')
    assert str(caught.value).endswith(") (clip 'a')")
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ('name', 'text'),
    [('clip 7', 'too short (clip 7)'), ('', 'too short'), ('a\n', r'too short (a\n)')],
)
def test_a_data_error_gets_the_inputs_name(name, text):
    with pytest.raises(DataError) as caught, input_errors(name):
        raise DataError('too short')
    assert str(caught.value) == text


@pytest.mark.parametrize('error', [ConfigError, CheckpointError, KeyboardInterrupt, SystemExit])
def test_an_unusable_config_or_an_interruption_passes(error):
    with pytest.raises(error), input_errors('clip 7'):
        raise error('stop')
