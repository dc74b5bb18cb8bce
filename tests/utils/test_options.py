import argparse
import subprocess
import sys

import pytest

from mmavl.utils.options import add_dtype_option


def test_the_option_takes_three_names_and_its_default_is_the_machines(capsys):
    parser = argparse.ArgumentParser()
    add_dtype_option(parser)
    assert parser.parse_args([]).dtype == 'auto'
    assert parser.parse_args(['--dtype', 'float32']).dtype == 'float32'
    with pytest.raises(SystemExit):
        parser.parse_args(['--dtype', 'float16'])
    assert 'invalid choice' in capsys.readouterr().err
    other = argparse.ArgumentParser()
    add_dtype_option(other, None)
    assert other.parse_args([]).dtype is None


def test_options_do_not_import_torch():
    code = 'import sys, mmavl.utils.options; sys.exit("torch" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0
