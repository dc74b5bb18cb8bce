"""Reading published pickles of numpy arrays without running what else they may hold."""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.errors import DataError

#: What numpy writes for an array, in numpy 1 (``core``) and 2 (``_core``), pickle protocol 0-5.
_RECONSTRUCT = np.empty(0).__reduce__()[0]
_FROMBUFFER = np.empty(0).__reduce_ex__(5)[0]


def _reconstruct(kind: type, shape: tuple, code: bytes) -> np.ndarray:
    """An empty array, as numpy asks for: its state brings the values, and memory for no more."""
    if kind is not np.ndarray or shape != (0,):
        raise DataError(f'asks for an array of shape {shape}, without its values')
    return _RECONSTRUCT(kind, shape, code)


_ADMITTED = {
    ('numpy', 'ndarray'): np.ndarray,
    ('numpy', 'dtype'): np.dtype,
    ('numpy.core.multiarray', '_reconstruct'): _reconstruct,
    ('numpy._core.multiarray', '_reconstruct'): _reconstruct,
    ('numpy.core.numeric', '_frombuffer'): _FROMBUFFER,
    ('numpy._core.numeric', '_frombuffer'): _FROMBUFFER,
}


#: Opcodes that make objects in other ways than numpy's arrays and plain values are made.
_FOREIGN = {'NEWOBJ', 'NEWOBJ_EX', 'INST', 'OBJ', 'PERSID', 'BINPERSID', 'EXT1', 'EXT2', 'EXT4'}


def _check_opcodes(data: bytes) -> None:
    """Refuse what would take memory before it is read: the unpickler believes every number."""
    for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if opcode.name in _FOREIGN:
            raise DataError(f'has the opcode {opcode.name}, which no array needs')
        if opcode.name.endswith('PUT') and int(argument) > number:
            raise DataError(f'refers to value {argument} after {number} steps')


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise DataError(f"asks for '{module}.{name}', which is not a constructor of arrays")
        return _ADMITTED[module, name]


def load_arrays(path: str | Path) -> Any:
    """Read a pickle that holds containers, numbers, strings and numpy arrays, and nothing else.

    Args:
        path (str | Path): The file.

    Returns:
        Any: What was pickled.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is not a pickle, is cut short, or asks for anything but numpy's array
            constructors; nothing that it names has been run then.
    """
    data = Path(path).read_bytes()
    try:
        _check_opcodes(data)
        return _ArrayUnpickler(io.BytesIO(data)).load()
    except DataError as error:
        why = 'refused, since reading it could run code or take memory'
        raise DataError(f'{path} {error}: {why}') from None
    except Exception as error:  # the unpickler raises nearly any type on broken input
        why = 'is not a pickle of arrays, or is cut short'
        raise DataError(f'{path} {why}: {error!r:.200}') from error
