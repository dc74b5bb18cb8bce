"""What decides the content of a split of composed scenes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmavl.scenes.frame import FrameStyle
from mmavl.scenes.plan import Cast

#: Order fixes each split's random stream; append only.
SPLITS = ('train', 'val', 'test', 'test_shift')


@dataclass(frozen=True)
class SplitSpec(ABC):
    """All that decides a split's content; subclasses add what theirs depends on.

    The fields are written next to the scenes, so that a folder is never continued with others.

    Args:
        split: One of ``SPLITS``.
        size: Number of scenes.
        seed: Seed of the whole data set.
    """

    split: str
    size: int
    seed: int

    #: How the frames are composed; not a field, so that a subclass decides whether it is one.
    frame_style = FrameStyle()

    @abstractmethod
    def casts(self) -> list[Cast]:
        """Return the classes that every scene shows and lets sound."""

    @property
    @abstractmethod
    def families(self) -> Mapping[str, Sequence[str]]:
        """Family -> its classes; a class that has no relatives is a family of its own."""

    @abstractmethod
    def metainfo(self) -> dict:
        """Return the manifest's metainfo."""

    def stream(self, *path: int) -> np.random.Generator:
        """Return a random stream that depends on seed, split and path only."""
        return np.random.default_rng([self.seed, SPLITS.index(self.split), *path])

    def clip_id(self, index: int) -> str:
        """Return the name of a scene."""
        return f'{self.split}_{index:05d}'
