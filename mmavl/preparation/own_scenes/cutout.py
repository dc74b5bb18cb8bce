"""Objects cut out of pictures: by their alpha, or off the plain ground they stand on."""

import cv2
import numpy as np

from mmavl.errors import DataError
from mmavl.scenes.pixels import shrink, trim

#: Longer side of a cut-out, in pixels.
SIDE = 512
#: With less of it transparent, a picture's alpha says nothing of an object.
_TRANSPARENT_SHARE = 0.01
#: Width of the border, in parts of the picture's side.
_BORDER = 0.03
#: Differences of colour (CIE 1976): less is ground, more is the object, even were it a shadow.
_GROUND, _OBJECT = 7.0, 25.0
#: A shadow is darker than the ground and differs in hue and saturation by less.
_SHADOW_CHROMA = 5.0
#: So much of the border must be ground, and the object may cover so much of the picture.
_PLAIN_SHARE, _SHARES = 0.8, (0.01, 0.9)
#: Parts of an object with less of the largest part's area are left out.
_SMALLEST_PART = 0.02
#: The largest part is so much of the object; else there are several.
_MAIN_PART = 0.4
_WAY_OUT = 'Cut the object out and save a PNG with alpha'


def cut_out(picture: np.ndarray, name: str) -> np.ndarray:
    """Cut the object out of a picture.

    Args:
        picture: uint8 RGBA [H, W, 4]. Where it has transparent parts, these are what is cut
            away; else the object must stand on plain ground.
        name: To say in an error.

    Returns:
        np.ndarray: uint8 BGRA, trimmed, of at most ``SIDE`` pixels on its longer side.

    Raises:
        DataError: It is wholly transparent, or shows nothing on plain ground.
    """
    picture = shrink(cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA), 2 * SIDE)
    if np.mean(picture[..., 3] < 128) < _TRANSPARENT_SHARE:
        colour = np.ascontiguousarray(shrink(picture[..., :3], SIDE))
        picture = np.dstack([colour, _alpha(object_mask(colour, name))])
    return shrink(trim(picture, name), SIDE)


def object_mask(picture: np.ndarray, name: str) -> np.ndarray:
    """Tell what is not the plain ground of a picture.

    The ground's colour is a polynomial of the place, fitted to the border: light may fall off.
    The ground is connected to the border; what the object encloses stays. GrabCut decides about
    the pixels along the edge and those that might be a shadow.

    Args:
        picture: uint8 BGR [H, W, 3].
        name: To say in an error.

    Returns:
        np.ndarray: bool [H, W].

    Raises:
        DataError: The border has many colours, or the object is tiny, covers nearly all or
            is several.

    Source: Rother et al., GrabCut, SIGGRAPH 2004.
    """
    offset = _offset(picture)
    difference = np.linalg.norm(offset, axis=-1)
    border = _border(difference.shape)
    plain = float(np.mean(difference[border] < _GROUND))
    if plain < _PLAIN_SHARE:
        raise DataError(
            f'{name} is not on plain ground: {100 - 100 * plain:.0f} % of its border have other '
            f'colours. {_WAY_OUT}'
        )
    ground = _touching(difference < _GROUND, border)
    maybe = _touching(difference < _OBJECT, border)
    return _checked(_refined(picture, ground, maybe, offset), name)


def _checked(mask: np.ndarray, name: str) -> np.ndarray:
    """A mask without its tiny parts, if it is one object."""
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = sizes[:, cv2.CC_STAT_AREA] * (np.arange(len(sizes)) > 0)
    share = areas.sum() / mask.size
    if not _SHARES[0] <= share <= _SHARES[1]:
        raise DataError(
            f'{name}: what stands on its plain ground covers {100 * share:.1f} % of it, not '
            f'{100 * _SHARES[0]:g} to {100 * _SHARES[1]:g} %. {_WAY_OUT}'
        )
    if areas.max() < _MAIN_PART * areas.sum():
        count = int((areas > 0).sum())
        raise DataError(f'{name} shows no single object, but {count} things. {_WAY_OUT}')
    return (areas >= _SMALLEST_PART * areas.max())[parts] & mask


def _offset(picture: np.ndarray) -> np.ndarray:
    """How each pixel differs from the ground that the border predicts, in CIE Lab [H, W, 3]."""
    smooth = cv2.medianBlur(picture, 5)
    lab = cv2.cvtColor(smooth.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    border = _border((height, width))
    colours, places = lab[border], terms[border]
    near = np.linalg.norm(colours - np.median(colours, axis=0), axis=1) < _OBJECT
    for _ in range(3):  # what crosses the border is no ground
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
    """The mask of the object: what is surely not ground, and what GrabCut adds to it."""
    brush = np.ones((5, 5), np.uint8)
    inside = cv2.erode((~maybe).astype(np.uint8), brush) > 0
    outside = cv2.erode(ground.astype(np.uint8), brush, borderValue=1) > 0
    if not inside.any() or not outside.any():
        return ~ground
    shadow = (offset[..., 0] < 0) & (np.linalg.norm(offset[..., 1:], axis=-1) < _SHADOW_CHROMA)
    labels = np.where(ground | (maybe & shadow), cv2.GC_PR_BGD, cv2.GC_PR_FGD).astype(np.uint8)
    labels[inside], labels[outside] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, labels, None, *models, 2, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _alpha(mask: np.ndarray) -> np.ndarray:
    """A soft edge that lies inside, so that no seam of the ground shows; uint8 [H, W]."""
    inside = cv2.erode(mask.astype(np.float32), np.ones((3, 3), np.uint8))
    return (cv2.GaussianBlur(inside, (0, 0), 0.8) * mask * 255).round().astype(np.uint8)
