"""The interface of a mapping from a teacher's labels to a dataset's classes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np


class BaseGroups(ABC):
    """Says which of a teacher's labels stand for which names of a dataset.

    Attributes:
        needs_conditional (bool): Whether it asks for conditional probabilities that were
            counted on the data.
    """

    needs_conditional = False

    @abstractmethod
    def __call__(
        self, labels: Sequence[str], names: Sequence[str], conditional: np.ndarray | None = None
    ) -> np.ndarray:
        """Map labels to names.

        Args:
            labels (Sequence[str]): The teacher's, L of them.
            names (Sequence[str]): Classes and groups of the dataset, G of them.
            conditional (ndarray, optional): P(name | label), counted on the data, [L, G].

        Returns:
            ndarray: float32 [L, G], 1 where a label stands for a name. A label may stand for
            none, and a name may have no label.

        Raises:
            ConfigError: The mapping does not fit the labels or the names.
        """
