"""Errors of mmavl that callers may want to catch apart from Python's own."""


class DataError(ValueError):
    """A manifest, media file or prediction dump holds what it must not; says which and where."""


class ConfigError(ValueError):
    """A config names a component, a key or a value that does not exist or fit; says where."""


class CheckpointError(ValueError):
    """A checkpoint cannot be read, or belongs to another model; says which tensors differ."""
