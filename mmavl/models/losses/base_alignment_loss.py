"""The base class of alignment losses."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class BaseAlignmentLoss(nn.Module, ABC):
    """Compares class-specific sounds with class-specific objects, in place of Eq. 7.

    Attributes declare which inputs a loss needs in addition to the valid pairs. It gets only
    these, by keyword, so its ``forward`` names only what it uses.

    Attributes:
        needs_absent (bool): Whether it uses the visual slots of classes without a tag. Defaults
            to False.
        needs_background (bool): Whether it uses the image pooled where no map is high. Defaults
            to False.
        needs_similarity (bool): Whether it uses the similarity of sounds. Defaults to False.
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
            similarity: Similarity of the sounds in the audio backbone, [P, P]: cosines within
                a class, -inf between classes and on the diagonal; or None.

        Returns:
            Scalar.
        """
