"""Reading published pickles of numpy arrays without executing any other content."""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.errors import DataError

#: How numpy pickles an array, in numpy 1 (``core``) and 2 (``_core``), pickle protocols 0-5.
_RECONSTRUCT: Any = np.empty(0).__reduce__()[0]
_FROMBUFFER = np.empty(0).__reduce_ex__(5)[0]


def _reconstruct(kind: type, shape: tuple, code: bytes) -> np.ndarray:
    """Create an empty array for numpy's unpickling; its state then sets the values and size."""
    if kind is not np.ndarray or shape != (0,):
        raise DataError(f'requests an array of shape {shape} without values')
    return _RECONSTRUCT(kind, shape, code)


_ADMITTED = {
    ('numpy', 'ndarray'): np.ndarray,
    ('numpy', 'dtype'): np.dtype,
    ('numpy.core.multiarray', '_reconstruct'): _reconstruct,
    ('numpy._core.multiarray', '_reconstruct'): _reconstruct,
    ('numpy.core.numeric', '_frombuffer'): _FROMBUFFER,
    ('numpy._core.numeric', '_frombuffer'): _FROMBUFFER,
}


#: Opcodes that create objects other than numpy's arrays and plain values.
_FOREIGN = {'NEWOBJ', 'NEWOBJ_EX', 'INST', 'OBJ', 'PERSID', 'BINPERSID', 'EXT1', 'EXT2', 'EXT4'}


def _check_opcodes(data: bytes) -> None:
    """Reject what would take memory before it is read, since the unpickler trusts all numbers."""
    for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if opcode.name in _FOREIGN:
            raise DataError(f'has the opcode {opcode.name}, which arrays do not need')
        if opcode.name.endswith('PUT') and int(argument or 0) > number:
            raise DataError(f'refers to value {argument} after {number} steps')


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise DataError(f"requests '{module}.{name}', which is not an array constructor")
        return _ADMITTED[module, name]


def load_arrays(path: str | Path) -> Any:
    """Read a pickle that contains only containers, numbers, strings and numpy arrays.

    Args:
        path (str | Path): The file.

    Returns:
        Any: The unpickled object.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is not a pickle, is truncated, or requests anything but numpy's array
            constructors; nothing else in it has been executed.
    """
    data = Path(path).read_bytes()
    try:
        _check_opcodes(data)
        return _ArrayUnpickler(io.BytesIO(data)).load()
    except DataError as error:
        why = 'rejected, since reading it could execute code or exhaust memory'
        raise DataError(f'{path} {error}: {why}') from None
    except Exception as error:  # the unpickler raises almost any type on damaged files
        why = 'is not a pickle of arrays, or is truncated'
        raise DataError(f'{path} {why}: {error!r:.200}') from error
