import os
import unicodedata

import pytest

from mmavl.errors import DataError
from mmavl.preparation.converters.tag_table import read_tag_table

VIDEOS = ['café.mp4', 'deep/b.MP4']
ROWS = 'café.mp4{0}dog\ndeep/b.mp4{0}cat\n'


def read(tmp_path, content, videos=VIDEOS):
    path = tmp_path / 'tags.csv'
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_tag_table(path, videos)


@pytest.mark.parametrize('separator', [',', ';', '\t'])
@pytest.mark.parametrize(
    'encoding', ['utf-8', 'utf-8-sig', 'cp1252', 'utf-16', 'utf-16-le', 'utf-16-be']
)
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
def test_what_excel_saves_is_read(tmp_path, separator, encoding, end):
    text = ROWS.format(separator).replace('\n', end)
    table = read(tmp_path, text.encode(encoding))
    assert table.tags == {'café.mp4': ['dog'], 'deep/b.MP4': ['cat']}
    assert table.problems == []


@pytest.mark.parametrize(
    'row',
    ['café.mp4,dog; cat;dog', 'café.mp4;dog;cat', 'café.mp4;"dog;cat"', '"café.mp4",dog;cat,,'],
)
def test_a_video_may_have_several_classes(tmp_path, row):
    assert read(tmp_path, row).tags == {'café.mp4': ['dog', 'cat']}


@pytest.mark.parametrize('head', ['file,tags\n', 'File, Tags\r\n', 'sep=,\r\n'])
def test_a_head_line_is_skipped(tmp_path, head):
    table = read(tmp_path, head + 'café.mp4,dog\n')
    assert (table.tags, table.problems) == ({'café.mp4': ['dog']}, [])


def test_the_mark_of_excel_says_the_separator(tmp_path):
    assert read(tmp_path, 'sep=|\ncafé.mp4|dog\n').tags == {'café.mp4': ['dog']}


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_names_match_in_any_unicode_form(tmp_path, form):
    other = {'NFC': 'NFD', 'NFD': 'NFC'}[form]
    video = unicodedata.normalize(form, 'café.mp4')
    table = read(tmp_path, unicodedata.normalize(other, 'café.mp4,Rüssel'), [video])
    assert table.tags == {video: ['Rüssel']}


@pytest.mark.parametrize('name', ['CAFÉ.MP4', './café.mp4', ' café.mp4 '])
def test_case_and_a_leading_dot_do_not_matter(tmp_path, name):
    assert read(tmp_path, f'{name},dog').tags == {'café.mp4': ['dog']}


def test_backslashes_are_folders(tmp_path):
    assert read(tmp_path, 'deep\\b.mp4,dog').tags == {'deep/b.MP4': ['dog']}


def test_case_counts_where_two_videos_differ_in_nothing_else(tmp_path):
    videos = ['a.mp4', 'A.mp4']
    table = read(tmp_path, 'A.mp4,cat\na.mp4,dog\na.MP4,cow\n', videos)
    assert table.tags == {'A.mp4': ['cat'], 'a.mp4': ['dog']}
    assert [(name, cause) for name, cause, _ in table.problems] == [('a.MP4', 'not found')]


def test_a_name_that_is_not_utf8_on_the_disk_is_found(tmp_path):
    video = os.fsdecode(b'caf\xe9.mp4')
    assert read(tmp_path, 'café.mp4,dog'.encode('cp1252'), [video]).tags == {video: ['dog']}


def test_rows_that_say_nothing_are_named_and_the_others_count(tmp_path):
    table = read(tmp_path, 'café.mp4,dog\ngone.mp4,dog\ndeep/b.MP4,\ncafé.mp4,cat\nword\n\n')
    assert table.tags == {'café.mp4': ['dog']}
    assert [(name, cause) for name, cause, _ in table.problems] == [
        ('gone.mp4', 'not found'),
        ('deep/b.MP4', 'bad row'),
        ('café.mp4', 'duplicate'),
        ('word', 'not found'),
    ]


@pytest.mark.parametrize(
    'content', [b'\xff\xfea', b'a\0\0\xd8', b'caf\x81.mp4,dog', b'"' + b'x' * 200_000]
)
def test_what_is_no_table_names_itself(tmp_path, content):
    with pytest.raises(DataError, match=r'tags\.csv is not '):
        read(tmp_path, content)
