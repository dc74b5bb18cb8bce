"""Cutting objects out of pictures, by their alpha channel or from a plain background."""

import cv2
import numpy as np

from mmavl.errors import DataError
from mmavl.scenes.pixels import shrink, trim

#: Longer side of a cut-out, in pixels.
SIDE = 512
#: If less than this is transparent, the alpha channel is ignored.
_TRANSPARENT_SHARE = 0.01
#: Width of the border, as a fraction of the picture's side.
_BORDER = 0.03
#: Colour differences (CIE 1976): below is background, above is object, even if it is a shadow.
_GROUND, _OBJECT = 7.0, 25.0
#: A shadow is darker than the background and differs less than this in hue and saturation.
_SHADOW_CHROMA = 5.0
#: Minimum plain share of the border, and range of the share of the picture for an object.
_PLAIN_SHARE, _SHARES = 0.8, (0.01, 0.9)
#: Parts with less than this share of the largest part's area are dropped.
_SMALLEST_PART = 0.02
#: Minimum share of the largest part; otherwise there are several objects.
_MAIN_PART = 0.4
_ADVICE = 'Cut the object out and save a PNG with alpha'


def cut_out(picture: np.ndarray, name: str) -> np.ndarray:
    """Cut the object out of a picture.

    Args:
        picture: uint8 RGBA [H, W, 4]. If it has transparent parts, these are removed;
            else the object must be on a plain background.
        name: Name of the picture for errors.

    Returns:
        np.ndarray: uint8 BGRA, trimmed, of at most ``SIDE`` pixels on its longer side.

    Raises:
        DataError: It is fully transparent, or has no object on a plain background.
    """
    picture = shrink(cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA), 2 * SIDE)
    if np.mean(picture[..., 3] < 128) < _TRANSPARENT_SHARE:
        colour = np.ascontiguousarray(shrink(picture[..., :3], SIDE))
        picture = np.dstack([colour, _alpha(object_mask(colour, name))])
    return shrink(trim(picture, name), SIDE)


def object_mask(picture: np.ndarray, name: str) -> np.ndarray:
    """Find what is not the plain background of a picture.

    The background colour is a polynomial of the position, fitted to the border, since lighting
    may be uneven. The background is connected to the border; enclosed areas belong to the object.
    GrabCut classifies the pixels along the edge and those that may be a shadow.

    Args:
        picture: uint8 BGR [H, W, 3].
        name: Name of the picture for errors.

    Returns:
        np.ndarray: bool [H, W].

    Raises:
        DataError: The border has many colours, or the object is tiny, covers almost everything, or
            is not a single one.

    Source: Rother et al., GrabCut, SIGGRAPH 2004.
    """
    offset = _offset(picture)
    difference = np.linalg.norm(offset, axis=-1)
    border = _border(difference.shape)
    plain = float(np.mean(difference[border] < _GROUND))
    if plain < _PLAIN_SHARE:
        raise DataError(
            f'{name} has no plain background: {100 - 100 * plain:.0f} % of its border have other '
            f'colours. {_ADVICE}'
        )
    ground = _touching(difference < _GROUND, border)
    maybe = _touching(difference < _OBJECT, border)
    return _checked(_refined(picture, ground, maybe, offset), name)


def _checked(mask: np.ndarray, name: str) -> np.ndarray:
    """A mask without its tiny parts, after checking that it is one object."""
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = sizes[:, cv2.CC_STAT_AREA] * (np.arange(len(sizes)) > 0)
    share = areas.sum() / mask.size
    if not _SHARES[0] <= share <= _SHARES[1]:
        raise DataError(
            f'{name}: the object on its plain background covers {100 * share:.1f} % of it, not '
            f'{100 * _SHARES[0]:g} to {100 * _SHARES[1]:g} %. {_ADVICE}'
        )
    if areas.max() < _MAIN_PART * areas.sum():
        count = int((areas > 0).sum())
        raise DataError(f'{name} shows {count} objects instead of one. {_ADVICE}')
    return (areas >= _SMALLEST_PART * areas.max())[parts] & mask


def _offset(picture: np.ndarray) -> np.ndarray:
    """Difference of each pixel from the background fitted to the border, in CIE Lab [H, W, 3]."""
    smooth = cv2.medianBlur(picture, 5)
    lab = cv2.cvtColor(smooth.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    border = _border((height, width))
    colours, places = lab[border], terms[border]
    near = np.linalg.norm(colours - np.median(colours, axis=0), axis=1) < _OBJECT
    for _ in range(3):  # objects that cross the border are excluded
        fit = np.linalg.lstsq(places[near], colours[near], rcond=None)[0]
        near = np.linalg.norm(colours - places @ fit, axis=1) < _GROUND
        if near.sum() < 100:
            break
    return lab - terms @ fit


def _border(shape: tuple[int, int]) -> np.ndarray:
    border = np.ones(shape, bool)
    edge = max(2, round(_BORDER * min(shape)))
    border[edge:-edge, edge:-edge] = False
    return border


def _touching(mask: np.ndarray, border: np.ndarray) -> np.ndarray:
    """The parts of a mask that reach the border."""
    _, parts = cv2.connectedComponents(mask.astype(np.uint8))
    return mask & np.isin(parts, np.unique(parts[border & mask]))


def _refined(
    picture: np.ndarray, ground: np.ndarray, maybe: np.ndarray, offset: np.ndarray
) -> np.ndarray:
    """The mask of the object: clear foreground, and what GrabCut adds to it."""
    brush = np.ones((5, 5), np.uint8)
    inside = cv2.erode((~maybe).astype(np.uint8), brush) > 0
    outside = cv2.erode(ground.astype(np.uint8), brush, borderValue=1) > 0
    if not inside.any() or not outside.any():
        return ~ground
    shadow = (offset[..., 0] < 0) & (np.linalg.norm(offset[..., 1:], axis=-1) < _SHADOW_CHROMA)
    labels = np.where(ground | (maybe & shadow), cv2.GC_PR_BGD, cv2.GC_PR_FGD).astype(np.uint8)
    labels[inside], labels[outside] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    no_rectangle = (0, 0, 0, 0)  # a mask is given
    cv2.grabCut(picture, labels, no_rectangle, background, foreground, 2, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _alpha(mask: np.ndarray) -> np.ndarray:
    """A soft edge inside the object, so that no background remains visible; uint8 [H, W]."""
    inside = cv2.erode(mask.astype(np.float32), np.ones((3, 3), np.uint8))
    return (cv2.GaussianBlur(inside, (0, 0), 0.8) * mask * 255).round().astype(np.uint8)
