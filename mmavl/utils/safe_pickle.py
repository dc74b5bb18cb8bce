"""Reading published pickles of numpy arrays without running what else they may hold."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.errors import DataError

#: What numpy writes for an array, in numpy 1 (``core``) and 2 (``_core``), pickle protocol 0-5.
_RECONSTRUCT = np.empty(0).__reduce__()[0]
_FROMBUFFER = np.empty(0).__reduce_ex__(5)[0]
_ADMITTED = {
    ('numpy', 'ndarray'): np.ndarray,
    ('numpy', 'dtype'): np.dtype,
    ('numpy.core.multiarray', '_reconstruct'): _RECONSTRUCT,
    ('numpy._core.multiarray', '_reconstruct'): _RECONSTRUCT,
    ('numpy.core.numeric', '_frombuffer'): _FROMBUFFER,
    ('numpy._core.numeric', '_frombuffer'): _FROMBUFFER,
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise DataError(f"asks for '{module}.{name}', which is no constructor of arrays")
        return _ADMITTED[module, name]


def load_arrays(path: str | Path) -> Any:
    """Read a pickle that holds containers, numbers, strings and numpy arrays, and nothing else.

    Args:
        path (str | Path): The file.

    Returns:
        Any: What was pickled.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: The file is no pickle, is cut short, or asks for anything but numpy's array
            constructors; nothing that it names has been run then.
    """
    with open(path, 'rb') as file:
        try:
            return _ArrayUnpickler(file).load()
        except DataError as error:
            raise DataError(f'{path} {error}: refused, since reading it could run code') from None
        except Exception as error:  # the unpickler raises nearly any type on broken input
            raise DataError(f'{path} is no pickle of arrays, or is cut short: {error}') from error
