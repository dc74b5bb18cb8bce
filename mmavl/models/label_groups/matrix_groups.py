"""A published matrix of labels and groups."""

from collections.abc import Sequence

import numpy as np

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import resolve_path

from .base_groups import BaseGroups


@MODELS.register_module()
class MatrixGroups(BaseGroups):
    """A matrix from a ``.npy`` file, e.g. the paper's ``cluster_a.npy`` and ``cluster_v3.npy``.

    Args:
        path (str): The file; a matrix [G, L] or [L, G] of numbers >= 0.
        groups (Sequence[str]): What its G rows (or columns) are, in order.
        labels (str | Sequence[str], optional): What its L columns (or rows) are, in order; see
            :func:`mmavl.utils.label_lists.read_labels`. Defaults to None: the teacher's labels
            in the teacher's order. Give it where the matrix was made for another list that has
            the teacher's labels among its own.

    Raises:
        FileNotFoundError: The file is missing.
        ConfigError: It holds no matrix of this shape.
    """

    def __init__(
        self, path: str, groups: Sequence[str], labels: str | Sequence[str] | None = None
    ) -> None:
        self.path = resolve_path(path)
        self.groups = list(groups)
        self.labels = None if labels is None else read_labels(labels)
        try:
            self.matrix = np.load(self.path, allow_pickle=False)
        except Exception as error:  # numpy raises nearly any type on broken input
            raise ConfigError(f'{self.path} is not a .npy file of numbers: {error}') from error
        if (
            not isinstance(self.matrix, np.ndarray)
            or self.matrix.ndim != 2
            or self.matrix.dtype.kind not in 'biuf'
            or not self.matrix.size
            or not np.isfinite(self.matrix).all()
            or self.matrix.min() < 0
        ):
            raise ConfigError(f'{self.path} is not a matrix of numbers >= 0')

    def __call__(
        self, labels: Sequence[str], names: Sequence[str], conditional: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`BaseGroups`."""
        own = list(labels) if self.labels is None else self.labels
        matrix = self.matrix
        if matrix.shape == (len(self.groups), len(own)):
            matrix = matrix.T
        if matrix.shape != (len(own), len(self.groups)):
            raise ConfigError(
                f'{self.path} is {self.matrix.shape[0]} x {self.matrix.shape[1]}, which is not '
                f'{len(own)} labels and {len(self.groups)} groups: set labels= to the list that '
                'the matrix was made for'
            )
        unknown = sorted(set(labels) - set(own))
        if unknown:
            raise ConfigError(f'{self.path} has no place for the labels {unknown[:3]}')
        unknown = [group for group in self.groups if group not in names]
        if unknown:
            raise ConfigError(
                f'the groups {unknown} of {self.path} are not classes of the manifest '
                f'({", ".join(names)})'
            )
        if self.labels is not None:
            matrix = matrix[[own.index(label) for label in labels]]
        full = np.zeros((len(labels), len(names)), np.float32)
        full[:, [list(names).index(group) for group in self.groups]] = matrix
        return full
