"""Errors of mmavl that callers may want to catch apart from Python's own."""


class DataError(ValueError):
    """A manifest, media file or prediction dump holds what it must not; says which and where."""
