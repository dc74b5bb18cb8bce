"""Preparing pictures for image classifiers."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmavl.media.image import resized


def normalised_batch(
    pictures: list[np.ndarray], size: tuple[int, int], mean: Sequence[float], std: Sequence[float]
) -> Tensor:
    """Resize pictures to one size and normalise them.

    Args:
        pictures (list[ndarray]): n pictures, uint8 RGB [H, W, 3].
        size (tuple[int, int]): (H, W) of the batch. Nothing is cropped, since an instrument at
            the edge counts.
        mean (Sequence[float]): Mean of each channel, in 0-255.
        std (Sequence[float]): Standard deviation of each channel, in 0-255.

    Returns:
        Tensor: float32 [n, 3, H, W].
    """
    height, width = size
    stretched = [resized(picture, (width, height)) for picture in pictures]
    batch = torch.from_numpy(np.stack(stretched)).permute(0, 3, 1, 2).float()
    return (batch - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
