"""Types of arguments that several commands have."""

import argparse


def count(text: str) -> int:
    """A whole number above 0.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number above 0')
    return int(text)


def positive(text: str) -> float:
    """A number above 0, at most a million.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = float('nan')
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number above 0')
    return value
