"""Composing a frame: cut-outs of objects on a photograph, with their boxes."""

from dataclasses import dataclass

import cv2
import numpy as np

from mmavl.scenes.pixels import resize

FRAME_SIDE = 256

#: With three or more objects the largest is smaller, so that all fit.
_LARGEST_OF = {1: 1.0, 2: 1.0, 3: 0.52}
_LARGEST_OF_MANY = 0.45
_MOST_ROTATION = 20.0
#: Maximum overlap of two objects' boxes, relative to the smaller one.
_MOST_OVERLAP = 0.12


@dataclass(frozen=True)
class FrameStyle:
    """Style of composed frames.

    Args:
        side: Side of the square frame in pixels. Defaults to 256.
        smallest: Minimum longer side of an object, relative to the frame. Defaults to 0.25.
        largest: Maximum longer side. Defaults to 0.6.
    """

    side: int = FRAME_SIDE
    smallest: float = 0.25
    largest: float = 0.60

    def largest_of(self, number: int) -> float:
        """Maximum longer side for a given number of objects."""
        limit = _LARGEST_OF.get(number, _LARGEST_OF_MANY)
        return max(self.smallest, min(self.largest, limit))


STYLE = FrameStyle()


@dataclass(frozen=True)
class Layer:
    """A cut-out at its position in the frame.

    Args:
        pixels: uint8 BGRA [h, w, 4], trimmed to the object.
        left: Column of its left edge in the frame.
        top: Row of its upper edge in the frame.
        side: Side of the frame in pixels. Defaults to 256.
    """

    pixels: np.ndarray
    left: int
    top: int
    side: int = FRAME_SIDE

    @property
    def box(self) -> list[float]:
        """xywh relative to the frame."""
        height, width = self.pixels.shape[:2]
        return [n / self.side for n in (self.left, self.top, width, height)]


def compose_frame(
    rng: np.random.Generator,
    background: np.ndarray,
    cutouts: list[np.ndarray],
    style: FrameStyle = STYLE,
) -> tuple[np.ndarray, list[list[float]]]:
    """Place cut-outs on a background.

    Args:
        rng: The scene's random generator.
        background: uint8 BGR [H, W, 3], preferably at least as large as the frame.
        cutouts: uint8 BGRA pictures.
        style: Side of the frame and sizes of the objects.

    Returns:
        tuple: uint8 BGR [side, side, 3] and, for each cut-out, the normalised xywh
        box of its visible part.
    """
    frame = crop_background(rng, background, style.side).astype(np.float32)
    layers = arrange(rng, cutouts, style)
    for layer in layers:
        paste(frame, layer)
    return frame.round().clip(0, 255).astype(np.uint8), [layer.box for layer in layers]


def crop_background(
    rng: np.random.Generator, picture: np.ndarray, frame_side: int = FRAME_SIDE
) -> np.ndarray:
    """Cut a random square from a photograph, sometimes mirrored, darkened or blurred."""
    height, width = picture.shape[:2]
    side = int(rng.uniform(0.65, 1.0) * min(height, width))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    square = resize(picture[top : top + side, left : left + side], frame_side, frame_side)
    if rng.random() < 0.5:
        square = square[:, ::-1]
    if rng.random() < 0.3:
        square = cv2.GaussianBlur(square, (0, 0), rng.uniform(0.8, 2.0))
    gain = rng.uniform(0.75, 1.15)
    return (square.astype(np.float32) * gain).clip(0, 255)


def arrange(
    rng: np.random.Generator, cutouts: list[np.ndarray], style: FrameStyle = STYLE
) -> list[Layer]:
    """Scale, rotate, recolour and place cut-outs with little overlap.

    Sizes shrink until each fits. Returns layers in the order of the cut-outs.
    """
    sizes = rng.uniform(style.smallest, style.largest_of(len(cutouts)), len(cutouts))
    altered = [alter(rng, cutout) for cutout in cutouts]
    for _ in range(12):
        layers = _place_all(rng, altered, sizes, style.side)
        if layers is not None:
            return layers
        sizes = np.maximum(sizes * 0.9, style.smallest)
    layers = _place_all(rng, altered, sizes, style.side, most_overlap=1.0)
    assert layers is not None  # any overlap is allowed
    return layers


def _place_all(
    rng: np.random.Generator,
    cutouts: list[np.ndarray],
    sizes: np.ndarray,
    side: int,
    most_overlap: float = _MOST_OVERLAP,
) -> list[Layer] | None:
    placed: dict[int, Layer] = {}
    for index in np.argsort(-sizes):  # largest first: the others fit more easily
        pixels = _scale(cutouts[index], sizes[index] * side)
        height, width = pixels.shape[:2]
        for _ in range(30):
            left = int(rng.integers(side - width + 1))
            top = int(rng.integers(side - height + 1))
            layer = Layer(pixels, left, top, side)
            if all(overlap(layer, other) <= most_overlap for other in placed.values()):
                placed[int(index)] = layer
                break
        else:
            return None
    return [placed[index] for index in range(len(cutouts))]


def overlap(first: Layer, second: Layer) -> float:
    """Overlap of two layers, relative to the smaller box."""
    shared = 1.0
    for (low, length), (other_low, other_length) in zip(_spans(first), _spans(second)):
        shared *= max(0, min(low + length, other_low + other_length) - max(low, other_low))
    areas = [layer.pixels.shape[0] * layer.pixels.shape[1] for layer in (first, second)]
    return shared / min(areas)


def _spans(layer: Layer) -> tuple[tuple[int, int], tuple[int, int]]:
    height, width = layer.pixels.shape[:2]
    return (layer.left, width), (layer.top, height)


def alter(rng: np.random.Generator, cutout: np.ndarray) -> np.ndarray:
    """Mirror, rotate by up to 20 degrees and slightly recolour a cut-out, then trim it again."""
    if rng.random() < 0.5:
        cutout = cutout[:, ::-1]
    hsv = cv2.cvtColor(np.ascontiguousarray(cutout[..., :3]), cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-6, 6)) % 180  # OpenCV's hue is in units of 2 degrees
    hsv[..., 1] = (hsv[..., 1] * rng.uniform(0.75, 1.25)).clip(0, 255)
    hsv[..., 2] = (hsv[..., 2] * rng.uniform(0.75, 1.15) + rng.uniform(0, 16)).clip(0, 255)
    colour = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    return turn(np.dstack([colour, cutout[..., 3]]), rng.uniform(-_MOST_ROTATION, _MOST_ROTATION))


def turn(cutout: np.ndarray, degrees: float) -> np.ndarray:
    """Rotate a BGRA picture on a large enough canvas, and trim it."""
    height, width = cutout.shape[:2]
    side = int(np.ceil(np.hypot(height, width))) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    alpha = cutout[..., 3:].astype(np.float32) / 255
    turned = cv2.warpAffine(
        np.dstack([cutout[..., :3] * alpha, alpha]), matrix, (side, side), flags=cv2.INTER_LINEAR
    )
    colour = turned[..., :3] / np.maximum(turned[..., 3:], 1 / 255)
    picture = np.dstack([colour, turned[..., 3:] * 255]).round().clip(0, 255).astype(np.uint8)
    return _trim(picture)


def _scale(cutout: np.ndarray, longest: float) -> np.ndarray:
    factor = longest / max(cutout.shape[:2])
    height, width = (max(2, round(n * factor)) for n in cutout.shape[:2])
    return _trim(resize(cutout, width, height))


def _trim(cutout: np.ndarray) -> np.ndarray:
    visible = cutout[..., 3] >= 64
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    return cutout[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def paste(frame: np.ndarray, layer: Layer) -> None:
    """Blend a layer with a soft shadow into a float BGR frame, in place."""
    height, width = layer.pixels.shape[:2]
    alpha = np.zeros(frame.shape[:2], np.float32)
    place = np.s_[layer.top : layer.top + height, layer.left : layer.left + width]
    alpha[place] = layer.pixels[..., 3] / np.float32(255)
    shadow = cv2.GaussianBlur(np.roll(alpha, (3, 2), (0, 1)), (0, 0), 3)
    frame *= 1 - 0.45 * shadow[..., None]
    opacity = alpha[place][..., None]
    frame[place] = frame[place] * (1 - opacity) + layer.pixels[..., :3] * opacity
