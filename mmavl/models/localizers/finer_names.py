"""Which kind of a class something is: an acoustic guitar, of guitars."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mmavl.errors import ConfigError

#: By how much the best kind must exceed the class as a whole for an even chance, as a logit.
_MARGIN = 0.5


class FinerNames(nn.Module):
    """The probability of each kind of a class, if the class sounds.

    The kinds of a class, and the class as a whole, share a probability of 1.

    Args:
        classes (Sequence[str]): The C classes.
        kinds (Mapping[str, Sequence[str]]): Class -> its kinds, K together.

    Attributes:
        names (list[str]): The K kinds.
        class_numbers (Tensor): The class of each kind, [K].

    Raises:
        ConfigError: A class of ``kinds`` is not among the classes.
    """

    def __init__(self, classes: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        for name in kinds:
            if name not in classes:
                raise ConfigError(f'{name!r}, in kinds, is not a class of the model')
        numbers = {name: number for number, name in enumerate(classes)}
        self.names = [kind for members in kinds.values() for kind in members]
        owners = [numbers[name] for name, members in kinds.items() for _ in members]
        owners = torch.tensor(owners, dtype=torch.long)
        self.register_buffer('class_numbers', owners, persistent=False)

    def complete(self, table: Tensor) -> Tensor:
        """Let a kind that a network has no label for take all of its class's.

        Such a network does not tell the kind from others, and so says nothing about it.

        Args:
            table: Which label stands for which class or kind, bool [L, C + K].
        """
        classes, kinds = table.tensor_split([table.shape[1] - len(self.names)], 1)
        own = torch.where(kinds.any(0), kinds, classes[:, self.class_numbers])
        return torch.cat([classes, own], 1)

    def forward(self, evidence: Tensor) -> Tensor:
        """Judge each kind at the maximum of its class.

        Args:
            evidence: Sound and sight together, by cell, of classes and kinds: [C + K, h, w].

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
