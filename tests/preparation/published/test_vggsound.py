import pytest

from mmavl.errors import DataError
from mmavl.preparation.published.vggsound import (
    Pair,
    read_clip_list,
    read_duets,
    read_negatives,
)


@pytest.mark.parametrize(
    ('text', 'clips'),
    [
        ('a_000001.mp4\nb-c_000030\n\n', {'a_000001': '', 'b-c_000030': ''}),
        ('a_000001,driving_buses\n', {'a_000001': 'driving_buses'}),
        (
            '"a",30,"bird chirping, tweeting",train\nb,7,elk bugling,test\n',
            {'a_000030': 'bird chirping, tweeting'},
        ),
    ],
)
def test_lists_of_clips(tmp_path, text, clips):
    (tmp_path / 'x.csv').write_text(text)
    assert read_clip_list(tmp_path / 'x.csv') == clips


def test_what_is_listed_twice_is_named(tmp_path):
    (tmp_path / 'x.txt').write_text('a\na\n')
    twice = []
    assert read_clip_list(tmp_path / 'x.txt', twice) == {'a': ''}
    assert [clip for clip, _ in twice] == ['a']


def test_negatives_are_a_frame_and_a_sound_of_two_clips(tmp_path):
    (tmp_path / 'x.csv').write_text('a,a,sounding\na,b,non-sounding\nb,s,non-sounding\n')
    assert read_negatives(tmp_path / 'x.csv') == [Pair('a', 'b'), Pair('b', 's')]
    text = (tmp_path / 'x.csv').read_text()
    (tmp_path / 'x.csv').write_text(f'video,audio,label\n{text}')
    assert read_negatives(tmp_path / 'x.csv') == [Pair('a', 'b'), Pair('b', 's')]


def test_a_pair_is_its_row_and_not_its_partners(tmp_path):
    (tmp_path / 'x.csv').write_text('a,cello,b,flute\nb,flute,c,tuba\n')
    assert read_duets(tmp_path / 'x.csv') == [Pair('a', 'b'), Pair('b', 'c')]


@pytest.mark.parametrize(
    ('read', 'text', 'message'),
    [
        (read_clip_list, 'a,b,c\n', 'does not describe a clip'),
        (read_clip_list, 'a,x,cello,train\n', 'has the second'),
        (read_clip_list, '', 'lists no clip'),
        (read_negatives, 'a,b,maybe\n', "'sounding' or 'non-sounding'"),
        (read_duets, 'a,b\n', 'not two clips with their classes'),
        (read_duets, 'a,x,..,y\n', 'cannot be the name'),
    ],
)
def test_another_file_is_named(tmp_path, read, text, message):
    (tmp_path / 'x.csv').write_text(text)
    with pytest.raises(DataError, match=rf'x\.csv.*{message}'):
        read(tmp_path / 'x.csv')
