"""Counting the words that a reader of a Markdown page sees."""

import re


def words_of(markdown: str) -> list[str]:
    """Words of headings, prose, tables and captions.

    Blocks of code, comments, images and the targets of links are not read as text, and a word has
    a letter or a digit: neither ``|---|`` nor a tick is one.
    """
    text = re.sub(r'```.*?```|<!--.*?-->', ' ', markdown, flags=re.DOTALL)
    text = re.sub(r'!\[[^\]]*\]\([^)]*\)', ' ', text)
    text = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', text)
    return [word for word in text.replace('|', ' ').split() if re.search(r'\w', word)]
