"""Trimming and scaling pictures with alpha."""

import cv2
import numpy as np

from mmavl.errors import DataError


def trim(picture: np.ndarray, name: str, threshold: int = 16) -> np.ndarray:
    """Trim a BGRA picture [H, W, 4] to its pixels with alpha above a threshold.

    Raises:
        DataError: There are none.
    """
    opaque = picture[..., 3] > threshold
    if not opaque.any():
        raise DataError(f'{name} is fully transparent')
    rows, columns = np.flatnonzero(opaque.any(1)), np.flatnonzero(opaque.any(0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def shrink(picture: np.ndarray, side: int, short: bool = False) -> np.ndarray:
    """Scale a picture down so that its longer (or shorter) side is at most ``side`` pixels."""
    longest = (min if short else max)(picture.shape[:2])
    if longest <= side:
        return picture
    height, width = (max(1, round(n * side / longest)) for n in picture.shape[:2])
    return resize(picture, width, height)


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Scale a picture; alpha is premultiplied, so that no dark edges appear."""
    shrinks = width < picture.shape[1]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    if picture.shape[2] == 3:
        return cv2.resize(picture, (width, height), interpolation=mode)
    alpha = picture[..., 3:].astype(np.float32) / 255
    scaled = cv2.resize(
        np.dstack([picture[..., :3] * alpha, alpha]), (width, height), interpolation=mode
    )
    scaled_alpha = scaled[..., 3:].clip(0, 1)
    colour = scaled[..., :3] / np.maximum(scaled_alpha, 1 / 255)
    return np.dstack([colour, scaled_alpha * 255]).round().clip(0, 255).astype(np.uint8)
