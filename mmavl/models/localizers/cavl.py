"""CAVL: curriculum audio-visual learning."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .dmc import DMC


@MODELS.register_module()
class CAVL(DMC):
    """:class:`DMC` that learns to find one sound first, and then several.

    A sound has as many clusters as its stage of the curriculum says, and a picture one more, the
    background. :class:`mmavl.engine.hooks.CurriculumHook` begins the stages; a checkpoint keeps
    the stage it was saved in, and predicts in it. Its clusters also guide separation, see
    :class:`mmavl.separators.ClusterGuidance`.

    The authors published no code. The lengths of the stages, and that all clips take part in all
    of them, are ours: in the paper a clip has as many clusters as it has sounds, which nobody
    tells an unsupervised method.

    Args:
        curriculum: The number of audio clusters in each stage. Defaults to (1, 2).
        **kwargs: As for :class:`DMC`, without ``audio_clusters`` and ``visual_clusters``.

    Raises:
        ConfigError: The curriculum is empty, or does not ascend from 1 or more.

    Source: D. Hu et al., "Curriculum audiovisual learning", arXiv 2001.09414.
    """

    stage: Tensor

    def __init__(self, curriculum: Sequence[int] = (1, 2), **kwargs) -> None:
        counts = list(curriculum)
        if not counts or counts != sorted(set(counts)) or counts[0] < 1:
            raise ConfigError(
                f'curriculum={counts} must be increasing numbers of clusters, each at least 1'
            )
        super().__init__(**kwargs)
        self.curriculum = counts
        self.register_buffer('stage', torch.zeros((), dtype=torch.long))

    def set_stage(self, stage: int) -> None:
        """Begin a stage, from 0.

        Raises:
            ConfigError: The curriculum has no such stage.
        """
        if not 0 <= stage < len(self.curriculum):
            raise ConfigError(
                f'there is no stage {stage}: curriculum={self.curriculum} has stages 0 to '
                f"{len(self.curriculum) - 1}. CurriculumHook's starts must have one entry fewer "
                'than the curriculum'
            )
        self.stage.fill_(stage)

    def cluster_counts(self) -> tuple[int, int]:
        """K_a of the stage, and K_v, one more."""
        count = self.curriculum[int(self.stage)]
        return count, count + 1
