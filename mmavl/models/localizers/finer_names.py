"""Telling kinds of a class apart, such as acoustic guitars among guitars."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError

#: Margin of the best kind over the class as a whole at which both are equally likely, as a logit.
_MARGIN = 0.5


class FinerNames(nn.Module):
    """The probability of each kind of a class, given that the class sounds.

    The probabilities of the kinds and of the class as a whole sum to 1.

    Args:
        classes (Sequence[str]): The C classes.
        kinds (Mapping[str, Sequence[str]]): Class -> its kinds, K in total.

    Attributes:
        names (list[str]): The K kinds.
        class_numbers (Tensor): The class of each kind, [K].

    Raises:
        ConfigError: A key of ``kinds`` is not a class.
    """

    class_numbers: Tensor

    def __init__(self, classes: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        for name in kinds:
            if name not in classes:
                raise ConfigError(f'{name!r} in kinds is not a class of the model')
        numbers = {name: number for number, name in enumerate(classes)}
        self.names = [kind for members in kinds.values() for kind in members]
        owners = [numbers[name] for name, members in kinds.items() for _ in members]
        class_numbers = torch.tensor(owners, dtype=torch.long)
        self.register_buffer('class_numbers', class_numbers, persistent=False)

    def complete(self, table: Tensor) -> Tensor:
        """Give a kind without labels in a network all labels of its class.

        Such a network cannot distinguish the kind, and so gives no evidence about it.

        Args:
            table: Which label belongs to which class or kind, bool [L, C + K].
        """
        classes, kinds = table.tensor_split([table.shape[1] - len(self.names)], 1)
        completed = torch.where(kinds.any(0), kinds, classes[:, self.class_numbers])
        return torch.cat([classes, completed], 1)

    def forward(self, evidence: Tensor) -> Tensor:
        """Evaluate each kind at the maximum of its class.

        Args:
            evidence: Joint evidence of sound and image per cell: [C + K, h, w].

        Returns:
            Tensor: Probabilities [K].
        """
        cells = evidence.flatten(1)
        of_class, of_kind = cells[self.class_numbers], cells[len(cells) - len(self.names) :]
        peak = of_class.argmax(1, keepdim=True)
        kind, whole = of_kind.gather(1, peak)[:, 0], of_class.gather(1, peak)[:, 0] - _MARGIN
        same = self.class_numbers[:, None] == self.class_numbers
        siblings = kind[None].where(same, kind.new_tensor(-torch.inf)).logsumexp(1)
        return (kind - torch.logaddexp(siblings, whole)).exp()
