"""Checking the axes of tensors before computations."""

from torch import Tensor

#: Maximum side of a grid in pixels; a typo could otherwise request terabytes.
LONGEST_SIDE = 8192
#: A map has at least one cell.
_NEVER_EMPTY = frozenset('HWhw')


def check_axes(name: str, values: Tensor, axes: str) -> None:
    """Check that a tensor has the documented axes.

    Args:
        name (str): Its name for the message.
        values (Tensor): The tensor.
        axes (str): E.g. 'N, H, W' or '..., n, 4': '...' stands for any number of axes, or none; a
            number for an axis of that size; H, W, h and w for axes that are not empty.

    Raises:
        TypeError: It is not a tensor.
        ValueError: It has other axes.
    """
    if not isinstance(values, Tensor):
        raise TypeError(f'{name} must be a tensor [{axes}], not a {type(values).__name__}')
    first, *rest = names = axes.split(', ')
    if first == '...':
        names = rest
    few = values.ndim < len(names) or (first != '...' and values.ndim > len(names))
    sizes = dict(zip(names[::-1], values.shape[::-1]))
    if few or any(axis.isdecimal() and int(axis) != size for axis, size in sizes.items()):
        raise ValueError(f'{name} is {tuple(values.shape)}, must be [{axes}]')
    if any(axis in _NEVER_EMPTY and size == 0 for axis, size in sizes.items()):
        raise ValueError(f'{name} is {tuple(values.shape)}: a map has at least one cell')


def check_same(name: str, values: Tensor, other: str, shape: tuple[int, ...]) -> None:
    """Check that a tensor's shape matches another argument.

    Raises:
        ValueError: They differ.
    """
    if values.shape != shape:
        raise ValueError(f'{name} is {tuple(values.shape)}, for {other} it must be {tuple(shape)}')


def check_side(size: int) -> None:
    """Check the side of a grid in pixels.

    Raises:
        ValueError: It is not an integer from 1 to 8192.
    """
    if not (isinstance(size, int) and 1 <= size <= LONGEST_SIDE):
        raise ValueError(f'size is {size!r}, must be a whole number from 1 to {LONGEST_SIDE}')
