import json

import pytest

from mmavl.errors import DataError
from mmavl.utils.strict_json import DEEPEST, brief, parse_json, read_json


def nested(levels, inner='1'):
    return '[' * levels + inner + ']' * levels


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (nested(DEEPEST + 1), 'nested deeper than 32 levels'),
        (nested(100_000), 'nested deeper'),
        ('{"a":' * 100_000, 'nested deeper'),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' occurs twice"),
        ('[NaN]', 'NaN is not a number'),
        ('[-Infinity]', '-Infinity is not a number'),
        ('[' + '9' * 5000 + ']', 'integer string conversion'),
        ('[1', 'Expecting'),
        ('', 'Expecting value'),
        (b'["\xff"]', "can't decode byte 0xff"),
    ],
)
def test_what_is_not_json_is_a_value_error(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)


def test_everything_that_json_has_is_read():
    value = {'a': [1, -2.5, None, True, 'ü\ud83c'], 'b': {}, 'c': json.loads(nested(DEEPEST - 1))}
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode()) == value


def test_numbers_that_are_not_finite_are_read_where_they_are_asked_for():
    values = parse_json(b'[NaN, Infinity, -Infinity, -2.9e16]', finite=False)
    assert repr(values) == '[nan, inf, -inf, -2.9e+16]'


def test_a_file_is_named_with_the_way_out(tmp_path):
    path = tmp_path / 'x.json'
    path.write_bytes(b'\xff\xfe{')
    with pytest.raises(DataError, match=r'^table .*x\.json is not valid JSON .*: write it again$'):
        read_json(path, 'table', 'write it again')


def test_a_message_holds_no_more_of_a_value_than_fits():
    assert brief([1, 'two']) == "[1, 'two']"
    assert len(brief('x' * 10**6)) < 200
    assert len(brief([[[list(range(1000))] * 1000] * 1000])) < 400
