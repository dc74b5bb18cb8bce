"""The interface of an alignment loss."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class BaseAlignmentLoss(nn.Module, ABC):
    """Compares class-specific sounds with class-specific objects, in the place of Eq. 7.

    A loss says by attributes what it needs beside the valid pairs. It gets just that, by keyword:
    its ``forward`` names only what it uses.

    Attributes:
        needs_absent (bool): Whether it takes the visual slots of classes without a tag. Defaults
            to False.
        needs_background (bool): Whether it takes the image pooled by what no map claims. Defaults
            to False.
        needs_similarity (bool): Whether it takes how alike the sounds are. Defaults to False.
    """

    needs_absent = False
    needs_background = False
    needs_similarity = False

    @abstractmethod
    def forward(
        self,
        audio: Tensor,
        visual: Tensor,
        positive: Tensor,
        absent: Tensor | None = None,
        background: Tensor | None = None,
        similarity: Tensor | None = None,
    ) -> Tensor:
        """Compare all sounds with all objects of the global batch.

        Args:
            audio: g_a(f_a), unit vectors [P, d].
            visual: g_v(f_v), unit vectors [Q, d].
            positive: bool [P, Q]: same video and same class.
            absent: g_v of absent-class slots [R, d], or None.
            background: g_v of backgrounds [N, d], or None.
            similarity: How alike the sounds are to the audio backbone, [P, P]: a cosine within
                a class, -inf between classes and with itself; or None.

        Returns:
            Scalar.
        """
