import argparse
import json
from pathlib import Path

import pytest

from mmavl.errors import DataError
from mmavl.preparation.converters.options import add_common_options, place_of, run_converter
from mmavl.preparation.converters.report import Report


def parse(*arguments):
    parser = argparse.ArgumentParser()
    add_common_options(parser, 'data/x', 2.0)
    return parser.parse_args(arguments)


def raising(error):
    def convert():
        raise error

    return convert


def test_the_options_say_where_clips_come_from_and_go_to():
    place = place_of(parse('--media', 'in', '--shard', '2/3', '--workers', '4'))
    assert (place.out, place.media) == (Path('data/x'), Path('in'))
    assert (place.shard.index, place.shard.count, place.workers) == (2, 3, 4)
    assert place.min_seconds == 2.0


@pytest.mark.parametrize('text', ['-1', 'two', '1.5'])
def test_processes_are_counted(text):
    with pytest.raises(SystemExit):
        parse('--workers', text)


@pytest.mark.parametrize('text', ['0/3', '4/3', '3', 'a/b'])
def test_a_shard_that_is_none_is_a_wrong_argument(text, capsys):
    with pytest.raises(SystemExit) as raised:
        parse('--shard', text)
    assert raised.value.code == 2
    assert '--shard' in capsys.readouterr().err


def test_the_report_is_written_and_something_usable_is_success(tmp_path, capsys):
    report = Report(usable={'train': 3, 'val': 0})
    report.add('train', 'a', 'missing', 'not there')
    run_converter(parse('--out', str(tmp_path)), lambda: report)
    assert json.loads((tmp_path / 'report.json').read_text())['usable'] == {'train': 3, 'val': 0}
    assert 'train: 3 clips; 1 missing' in capsys.readouterr().out


def test_nothing_usable_is_a_failure_with_its_report(tmp_path):
    with pytest.raises(SystemExit, match='no usable clips'):
        run_converter(parse('--out', str(tmp_path)), lambda: Report(usable={'train': 0}))
    assert (tmp_path / 'report.json').is_file()


def test_a_shard_writes_no_report(tmp_path, capsys):
    arguments = parse('--out', str(tmp_path), '--shard', '1/2')
    run_converter(arguments, lambda: Report())
    assert list(tmp_path.iterdir()) == []
    assert 'without --shard' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('error', 'code'),
    [(DataError('x.csv is none'), 'error: x.csv is none'), (KeyboardInterrupt(), 130)],
)
def test_what_stops_a_conversion_is_one_line_and_no_traceback(tmp_path, error, code):
    with pytest.raises(SystemExit) as raised:
        run_converter(parse('--out', str(tmp_path)), raising(error))
    assert raised.value.code == code
