"""The spec of a split of composed scenes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmavl.scenes.frame import FrameStyle
from mmavl.scenes.plan import Cast

#: The order determines each split's random numbers; append only.
SPLITS = ('train', 'val', 'test', 'test_shift')


@dataclass(frozen=True)
class SplitSpec(ABC):
    """Everything that determines a split's content; subclasses add their fields.

    The fields are stored with the scenes, so that a folder is never continued with another spec.

    Args:
        split: One of ``SPLITS``.
        size: Number of scenes.
        seed: Seed of the whole data set.
    """

    split: str
    size: int
    seed: int

    #: The style of the frames; not a field, so that subclasses can decide whether it is one.
    frame_style = FrameStyle()

    @abstractmethod
    def casts(self) -> list[Cast]:
        """Return the visible and sounding classes of each scene."""

    @property
    @abstractmethod
    def families(self) -> Mapping[str, Sequence[str]]:
        """Family -> its classes; a class without relatives is its own family."""

    @abstractmethod
    def metainfo(self) -> dict:
        """Return the manifest's metainfo."""

    def stream(self, *path: int) -> np.random.Generator:
        """Return a random generator that depends only on seed, split and path."""
        return np.random.default_rng([self.seed, SPLITS.index(self.split), *path])

    def clip_id(self, index: int) -> str:
        """Return the name of a scene."""
        return f'{self.split}_{index:05d}'
