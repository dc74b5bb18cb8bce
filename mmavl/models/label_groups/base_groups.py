"""The interface of a mapping from a teacher's labels to a dataset's classes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np


class BaseGroups(ABC):
    """Maps the labels of a teacher to the classes and groups of a dataset.

    Attributes:
        needs_conditional (bool): Whether it needs conditional probabilities estimated from
            the data.
    """

    needs_conditional = False

    @abstractmethod
    def __call__(
        self, labels: Sequence[str], names: Sequence[str], conditional: np.ndarray | None = None
    ) -> np.ndarray:
        """Map labels to names.

        Args:
            labels (Sequence[str]): The L labels of the teacher.
            names (Sequence[str]): The G classes and groups of the dataset.
            conditional (ndarray, optional): P(name | label), estimated from the data, [L, G].

        Returns:
            ndarray: float32 [L, G], 1 where a label belongs to a name. A label may belong to
            no name, and a name may have no label.

        Raises:
            ConfigError: The mapping does not fit the labels or the names.
        """
