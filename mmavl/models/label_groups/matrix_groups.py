"""Label groups from a published matrix."""

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
        groups (Sequence[str]): The names of its G rows (or columns), in order.
        labels (str | Sequence[str], optional): The names of its L columns (or rows), in order; see
            :func:`mmavl.utils.label_lists.read_labels`. Defaults to None: the teacher's labels
            in the teacher's order. Set it if the matrix was made for another list, which must
            include the teacher's labels.

    Raises:
        FileNotFoundError: The file is missing.
        ConfigError: The file does not contain a matrix of this shape.
    """

    def __init__(
        self, path: str, groups: Sequence[str], labels: str | Sequence[str] | None = None
    ) -> None:
        self.path = resolve_path(path)
        self.groups = list(groups)
        self.labels = None if labels is None else read_labels(labels)
        try:
            self.matrix = np.load(self.path, allow_pickle=False)
        except Exception as error:  # numpy raises almost any type on damaged files
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
        listed = list(labels) if self.labels is None else self.labels
        matrix = self.matrix
        if matrix.shape == (len(self.groups), len(listed)):
            matrix = matrix.T
        if matrix.shape != (len(listed), len(self.groups)):
            raise ConfigError(
                f'{self.path} is {self.matrix.shape[0]} x {self.matrix.shape[1]}, but there are '
                f'{len(listed)} labels and {len(self.groups)} groups: set labels= to the list '
                'that the matrix was made for'
            )
        unknown = sorted(set(labels) - set(listed))
        if unknown:
            raise ConfigError(f'{self.path} has no row or column for the labels {unknown[:3]}')
        unknown = [group for group in self.groups if group not in names]
        if unknown:
            raise ConfigError(
                f'the groups {unknown} of {self.path} are not classes of the manifest '
                f'({", ".join(names)})'
            )
        if self.labels is not None:
            matrix = matrix[[listed.index(label) for label in labels]]
        full = np.zeros((len(labels), len(names)), np.float32)
        full[:, [list(names).index(group) for group in self.groups]] = matrix
        return full
