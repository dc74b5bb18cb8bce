"""Processing heat maps before they are binarised."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .axes import check_axes, check_same, check_side

#: A float16 or bfloat16 score of 1 may be slightly above 1 after conversion.
_RANGE_SLACK = 1e-3


#: Upsampling -> mode and ``align_corners`` of :func:`torch.nn.functional.interpolate`.
UPSAMPLINGS = {
    'bilinear': ('bilinear', False),
    'bilinear_corners': ('bilinear', True),
    'bicubic': ('bicubic', False),
    'bicubic_corners': ('bicubic', True),
}


def resize_maps(maps: Tensor, size: int, upsampling: str = 'bilinear') -> Tensor:
    """Interpolate to a square grid.

    Args:
        maps (Tensor): float [..., h, w].
        size (int): Height and width of the grid, pixels.
        upsampling (str): 'bilinear' (by pixel areas, as OpenCV does), 'bilinear_corners' (the
            corners' centres coincide), 'bicubic' or 'bicubic_corners'. Bicubic values may leave
            the map's range. Defaults to 'bilinear'.

    Returns:
        Tensor: [..., size, size].

    Raises:
        ValueError: These are not maps, the size is not from 1 to 8192, or the upsampling is
            unknown.
    """
    check_axes('maps', maps, '..., h, w')
    check_side(size)
    if upsampling not in UPSAMPLINGS:
        raise ValueError(f"unknown upsampling '{upsampling}'; known are {', '.join(UPSAMPLINGS)}")
    if maps.shape[-2:] == (size, size):
        return maps
    mode, corners = UPSAMPLINGS[upsampling]
    flat = maps.reshape(-1, 1, *maps.shape[-2:])
    resized = F.interpolate(flat, (size, size), mode=mode, align_corners=corners)
    return resized.view(*maps.shape[:-2], size, size)


def min_max(maps: Tensor) -> Tensor:
    """Scale each map to [0, 1] by its minimum and maximum; a constant map becomes 0.

    Shape: [..., H, W] -> [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    low = maps.amin((-2, -1), keepdim=True)
    span = maps.amax((-2, -1), keepdim=True) - low
    return (maps - low) / torch.where(span > 0, span, 1)


def clip_max(maps: Tensor) -> Tensor:
    """Clip each map at 0 and divide it by its maximum; one without positive values becomes 0.

    Shape: [..., H, W] -> [..., H, W].
    """
    check_axes('maps', maps, '..., H, W')
    maps = maps.clamp_min(0)
    peak = maps.amax((-2, -1), keepdim=True)
    return maps / torch.where(peak > 0, peak, 1)


def as_scored(maps: Tensor) -> Tensor:
    """Return the maps unchanged; they must be scores in [0, 1].

    The range is the method's, not the map's: a cosine s is converted to (s + 1) / 2.

    Shape: [..., H, W] -> [..., H, W].

    Raises:
        ValueError: A value is outside [0, 1].
    """
    check_axes('maps', maps, '..., H, W')
    if maps.numel() and not -_RANGE_SLACK <= maps.amin() <= maps.amax() <= 1 + _RANGE_SLACK:
        raise ValueError(
            f'scores are in [{maps.amin():.4g}, {maps.amax():.4g}], not in [0, 1]: an absolute '
            "threshold is meaningless for them; scale them by the method's own range, or omit "
            'this protocol'
        )
    return maps


def whole_audio_map(
    maps: Tensor,
    probabilities: Tensor,
    normalise: Callable[[Tensor], Tensor] | None = min_max,
) -> Tensor:
    """One map for the whole sound: class maps weighted by predicted probability (section 4.3).

    The maps that section 4.3 sums are those of section 3.3, normalised one by one. Otherwise a
    class with lower values vanishes behind another, whatever its probability.

    Args:
        maps (Tensor): Maps of the valid classes, [..., K, h, w].
        probabilities (Tensor): Their predicted probabilities, [..., K]; normalised to a sum of 1,
            with equal weights if all are 0.
        normalise (Callable, optional): Applied to each map before the sum. None sums the maps as
            they are, for absolute scores. Defaults to :func:`min_max`.

    Returns:
        Tensor: [..., h, w]; zero if K is 0.

    Raises:
        ValueError: The numbers of probabilities and maps differ.
    """
    check_axes('maps', maps, '..., K, h, w')
    check_same('probabilities', probabilities, 'these maps', maps.shape[:-2])
    total = probabilities.sum(-1, keepdim=True)
    weights = torch.where(total > 0, probabilities / total, 1 / max(maps.shape[-3], 1))
    maps = maps if normalise is None else normalise(maps)
    return (maps * weights[..., None, None]).sum(-3)
