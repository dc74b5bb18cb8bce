import pytest

from mmavl.errors import DataError
from mmavl.utils.word_vectors import phrase_words, read_word_vectors


@pytest.fixture
def glove(tmp_path):
    def write(text):
        (tmp_path / 'glove.txt').write_text(text, encoding='utf-8')
        return str(tmp_path / 'glove.txt')

    return write


def test_words_are_lower_case_letters_and_digits():
    assert phrase_words("Ice-cream van (4x4), dog's_tail") == [
        'ice', 'cream', 'van', '4x4', 'dog', 's', 'tail',
    ]  # fmt: skip


def test_only_wanted_words_are_kept(glove):
    found = read_word_vectors(glove('the 1 2\nharp 3 -4.5\nhörn 0 1e-2\n'), ['harp', 'hörn', 'x'])
    assert {word: vector.tolist() for word, vector in found.items()} == {
        'harp': [3, -4.5],
        'hörn': [0, 0.01],
    }


def test_a_word2vec_header_is_skipped(glove):
    assert read_word_vectors(glove('2 3\na 1 2 3\n2 4 5 6\n'), ['2'])['2'].tolist() == [4, 5, 6]


def test_a_damaged_line_is_named(glove):
    with pytest.raises(DataError, match=r"glove\.txt, line 2: 1 numbers after 'harp'.* has 2"):
        read_word_vectors(glove('the 1 2\nharp 3'), ['harp'])
    with pytest.raises(DataError, match="line 2: no numbers after 'harp'"):
        read_word_vectors(glove('the 1 2\nharp 3 a'), ['harp'])
    with pytest.raises(FileNotFoundError, match='nowhere'):
        read_word_vectors('/nowhere/glove.txt', ['harp'])


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('the 1 2\nharp nan 1\n', 'line 2: nan or inf'),
        ('the 1 2\nharp 1e999 1\n', 'line 2: nan or inf'),
        ('the 1 2\n' + 'x' * 2_000_000, 'line 2 is not a word with its numbers: too long'),
    ],
)
def test_what_is_no_file_of_word_vectors_is_named(glove, text, message):
    with pytest.raises(DataError, match=message):
        read_word_vectors(glove(text), ['harp'])
