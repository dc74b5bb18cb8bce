import math

import pytest

from mmavl.errors import DataError
from mmavl.preparation.published.reading import four_numbers, note_duplicate, read_json, reading


@pytest.mark.parametrize(
    'error',
    [
        ValueError('x'), KeyError('x'), IndexError('x'), TypeError('x'), AttributeError('x'),
        OverflowError('x'), ZeroDivisionError('x'), RecursionError('x'),
        UnicodeDecodeError('utf-8', b'\xff', 0, 1, 'x'),
    ],
)  # fmt: skip
def test_what_broken_content_raises_names_the_file_and_the_cause(error):
    said = r'^a\.json is not the published annotation: '
    with pytest.raises(DataError, match=said) as info, reading('a.json'):
        raise error
    assert type(error).__name__ in str(info.value)
    assert info.value.__cause__ is error


def test_what_the_file_should_be_can_be_said():
    said = r"^a\.txt is not a list of files: ValueError\('x'\)$"
    with pytest.raises(DataError, match=said), reading('a.txt', 'is not a list of files'):
        raise ValueError('x')


def test_a_long_cause_is_cut_to_200_characters():
    with pytest.raises(DataError) as info, reading('a', 'is broken'):
        raise ValueError('y' * 10_000)
    assert len(str(info.value)) == len('a is broken: ') + 200


@pytest.mark.parametrize(
    'error', [DataError('frame 3 is bad'), FileNotFoundError('a'), MemoryError()]
)
def test_what_is_said_already_and_what_is_not_of_the_content_stays_as_it_is(error):
    with pytest.raises(type(error)) as info, reading('a.json'):
        raise error
    assert info.value is error


def test_sound_content_passes():
    with reading('a.json'):
        value = 3
    assert value == 3


def test_numbers_of_a_bad_box_may_be_nan_in_json(tmp_path):
    (tmp_path / 'a.json').write_text('{"caf\u00e9": [NaN, -Infinity, 1]}', encoding='utf-8')
    first, second, third = read_json(tmp_path / 'a.json')['caf\u00e9']
    assert math.isnan(first)
    assert (second, third) == (-math.inf, 1)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        (b'[' * 40 + b']' * 40, 'nested deeper than 32 levels'),
        (b'{', 'Expecting property name'),
        (b'"\xff"', 'UnicodeDecodeError'),
    ],
)
def test_other_json_is_a_value_error_that_its_reader_names(tmp_path, content, message):
    path = tmp_path / 'a.json'
    path.write_bytes(content)
    said = rf'a\.json is not the published annotation: .*{message}'
    with pytest.raises(DataError, match=said), reading(path):
        read_json(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'none\.json'), reading(tmp_path / 'none.json'):
        read_json(tmp_path / 'none.json')


def test_duplicates_are_noted_where_the_caller_wants_to_know():
    duplicates = []
    note_duplicate(duplicates, 'clip1', 'line 7')
    note_duplicate(None, 'clip1', 'line 7')
    assert duplicates == [('clip1', 'line 7: the first is used')]


def test_a_missing_number_of_a_box_is_nan():
    left, *others = four_numbers([None, 1, 2.5, -3], 'frame 3')
    assert math.isnan(left)
    assert others == [1.0, 2.5, -3.0]
    assert all(isinstance(value, float) for value in others)


@pytest.mark.parametrize(
    'box', [[1, 2, 3], [1, 2, 3, 4, 5], '1234', None, [1, 2, 3, '4'], [1, 2, 3, True]]
)
def test_what_is_not_four_numbers_is_named_with_its_place(box):
    with pytest.raises(
        DataError, match=r'^frame 3 has the box .*, which is not four numbers$'
    ) as info:
        four_numbers(box, 'frame 3')
    assert repr(box) in str(info.value)


def test_a_long_box_is_cut_in_its_message():
    with pytest.raises(DataError) as info:
        four_numbers([1] * 10_000, 'frame 3')
    assert len(str(info.value)) < 140


def test_a_list_in_a_box_is_an_error_of_its_file():
    said = r'^a\.json is not the published annotation: TypeError'
    with pytest.raises(DataError, match=said), reading('a.json'):
        four_numbers([1, 2, 3, [4]], 'frame 3')
