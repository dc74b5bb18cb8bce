"""Word vectors in GloVe's text format."""

import re
from collections.abc import Iterable

import numpy as np

from mmavl.errors import DataError

from .weights import resolve_path

#: Characters of a line: 300 numbers take 4,000.
_LONGEST_LINE = 1_000_000
_WORD = re.compile(r'[^\W_]+')


def phrase_words(phrase: str) -> list[str]:
    """Lower-case words of a phrase: 'Ice-cream van' -> ice, cream, van."""
    return _WORD.findall(phrase.lower())


def read_word_vectors(location: str, words: Iterable[str]) -> dict[str, np.ndarray]:
    """Read the vectors of some words; the others are not kept, so a file of any size will do.

    Args:
        location (str): A text file: on each line a word and its numbers, with spaces between.
            A first line of two numbers (word2vec's header) is skipped.
        words (Iterable[str]): The words wanted.

    Returns:
        dict[str, ndarray]: Those found, float64 [D].

    Raises:
        FileNotFoundError: The file is missing.
        DataError: A wanted word's line is not numbers, or not as many as the first line has.
    """
    path, wanted = resolve_path(location), set(words)
    vectors, size = {}, None
    with path.open(encoding='utf-8', errors='replace') as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ''), 1):
            if len(line) == _LONGEST_LINE:
                raise DataError(f'{path}, line {number} is not a word with its numbers: too long')
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
                    f'{path}, line {number}: {len(vector)} numbers after {word!r}, the first '
                    f'line has {size}: the file is cut short or no file of word vectors'
                )
            vectors[word] = vector
    return vectors
