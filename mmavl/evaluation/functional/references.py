"""Converting annotated boxes to the reference weight map g on a protocol's grid."""

import torch
from torch import Tensor

from .axes import check_axes, check_side

#: Annotations of SoundNet-Flickr are in pixels of a square frame with this side.
_FLICKR_SIDE = 256
#: In pixels: compensates rounding of x / width * size, which int() would turn into a pixel.
_FLOAT_NOISE = 1e-3


def xywh_to_xyxy(boxes: Tensor) -> Tensor:
    """Convert corner, width and height to two corners: [..., 4] -> [..., 4]."""
    check_axes('boxes', boxes, '..., 4')
    return torch.cat([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], dim=-1)


def union_reference(boxes: Tensor, size: int) -> Tensor:
    """Union of boxes: rows ``int(y1 * size):int(y2 * size)``, and columns in the same way.

    Args:
        boxes (Tensor): Normalised xyxy, [..., n, 4]; parts outside the frame are clipped.
        size (int): Side of the grid, pixels.

    Returns:
        Tensor: bool [..., size, size].

    Raises:
        ValueError: A box ends before it starts, as happens if xywh boxes are read as xyxy.
    """
    check_axes('boxes', boxes, '..., n, 4')
    check_side(size)
    return _count_boxes((boxes.double() * size + _FLOAT_NOISE).floor(), size) > 0


def consensus_reference(boxes: Tensor, rounding: str = 'original') -> Tensor:
    """Consensus of annotators: half of the number of boxes over a pixel, at most 1.

    Args:
        boxes (Tensor): One box per annotator, xyxy in pixels of 256 x 256, [..., m, 4].
        rounding (str): 'original': 256 x 256, indices minus 1. 'lvs': 224 x 224,
            ``int(224 * v / 256)``. Defaults to 'original'.

    Returns:
        Tensor: float32 [..., 256, 256] or [..., 224, 224].

    Raises:
        ValueError: A box ends before it starts, or the rounding is unknown.

    Source: Senocak et al. (CVPR 2018); Chen et al., "Localizing Visual Sounds the Hard Way"
    (CVPR 2021).
    """
    check_axes('boxes', boxes, '..., m, 4')
    if rounding == 'original':
        edges, size = boxes - 1, _FLICKR_SIDE
    elif rounding == 'lvs':
        edges, size = (224 * boxes / _FLICKR_SIDE).floor(), 224
    else:
        raise ValueError(f"unknown rounding '{rounding}'; known are 'original' and 'lvs'")
    return (_count_boxes(edges, size) / 2).clamp(max=1)


def _count_boxes(edges: Tensor, size: int) -> Tensor:
    """Number of boxes that cover each pixel.

    Args:
        edges (Tensor): xyxy in pixels, the last row and column exclusive, [..., n, 4].
        size (int): Side of the grid.

    Returns:
        Tensor: float32 [..., size, size].
    """
    x1, y1, x2, y2 = edges[..., None].unbind(-2)
    wrong = (x2 < x1) | (y2 < y1)
    if wrong.any():
        box = edges[wrong[..., 0]][0].tolist()
        raise ValueError(f'box {box} (pixels) ends before it starts: boxes are xyxy, not xywh')
    pixel = torch.arange(size, device=edges.device)
    columns = ((pixel >= x1) & (pixel < x2)).float()
    rows = ((pixel >= y1) & (pixel < y2)).float()
    return rows.transpose(-2, -1) @ columns
