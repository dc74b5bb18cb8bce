import io
import json
import os
import sys

import pytest

from mmavl.utils.names import name_bytes, one_line, print_any_text, to_json


def test_what_breaks_lines_hides_or_turns_text_is_escaped_and_letters_are_not():
    assert one_line('a\nb\r\t\x00\x1b[31m\x85\u2028\u202e\udce9') == (
        r'a\nb\r\t\x00\x1b[31m\x85\u2028\u202e\udce9'
    )
    plain = 'Flügelhorn 三 😀 हिन्दी é \\ %s {0}'
    assert one_line(plain) == plain


def test_any_text_is_one_line_that_any_utf8_stream_takes(awkward_names):
    for name in awkward_names:
        line = one_line(name)
        assert line.splitlines() == [line]
        line.encode()


def test_bytes_for_hashes_are_utf8_and_differ_for_every_name(awkward_names):
    assert name_bytes('三') == '三'.encode()
    broken = [os.fsdecode(bytes([byte])) for byte in range(0x80, 0x100)]
    names = {*awkward_names, *broken, '\ud800'}
    assert len({name_bytes(name) for name in names}) == len(names)


def test_json_lines_are_lines_and_names_come_back_as_the_same_path(awkward_names):
    for name in awkward_names:
        text = to_json({'name': name})
        assert text.splitlines() == [text]
        assert os.fsencode(json.loads(text.encode())['name']) == os.fsencode(name)
    assert to_json('三é') == '"三é"'


@pytest.mark.parametrize('number', [float('nan'), float('inf')])
def test_what_json_has_no_number_for_is_refused(number):
    with pytest.raises(ValueError, match='not JSON compliant'):
        to_json([number])


@pytest.mark.parametrize('encoding', ['utf-8', 'ascii', 'latin-1'])
def test_a_terminal_of_any_encoding_takes_any_name(encoding, monkeypatch, awkward_names):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(raw, encoding=encoding))
    print_any_text()
    for name in awkward_names:
        print(one_line(name), flush=True)
    assert raw.getvalue().count(b'\n') == len(awkward_names)
