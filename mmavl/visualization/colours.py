"""One colour for each class of a picture or video, and the blending of their maps."""

from collections.abc import Mapping, Sequence
from math import dist

import numpy as np

from .drawing import OKABE_ITO, PAPER, blend, stretched

BLACK = (0, 0, 0)
COLOURS = tuple(OKABE_ITO.values())
#: The opacity of a colour at the maximum of a map with a strength of 1.
ALPHA = 0.65
#: Below this share of a map's maximum nothing is painted; boxes are drawn at half of it.
FAINTEST = 0.3

Colour = tuple[int, int, int]


class Colours:
    """Colours of classes, which are different until all of the palette are used.

    A class has the colour of its number, unless an earlier one has it; then the free colour that
    differs most from those in use. A label without a class, such as 'sound', has the first.

    Args:
        classes (Sequence[str]): All classes of the model.
    """

    def __init__(self, classes: Sequence[str] = ()) -> None:
        self._classes = list(classes)
        self._chosen: dict[str, Colour] = {}

    def __getitem__(self, label: str) -> Colour:
        if label not in self._chosen:
            number = self._classes.index(label) if label in self._classes else 0
            self._chosen[label] = self._free(COLOURS[number % len(COLOURS)])
        return self._chosen[label]

    def _free(self, wanted: Colour) -> Colour:
        used = set(self._chosen.values())
        free = [colour for colour in COLOURS if colour not in used]
        if wanted in free or not free:
            return wanted
        return max(free, key=lambda colour: min(dist(colour, other) for other in used))


def text_on(colour: Colour) -> Colour:
    """Black or white: the text with the higher contrast on a colour."""
    light = _luminance(colour) + 0.05
    return BLACK if light / 0.05 > 1.05 / light else PAPER


def _luminance(colour: Colour) -> float:
    """The relative luminance of WCAG 2, 0 to 1."""
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def paint(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    strengths: Mapping[str, float],
    colours: Colours,
) -> np.ndarray:
    """Blend the maps of several classes over a greyscale image, so that colour means sound.

    A class covers a pixel by ``a = 0.65 * strength * m``, where ``m`` is its map, which goes from
    0 at 30 % of the map's range to 1 at its maximum. Together they cover it by ``1 - prod(1 -
    a)``, in the mean of their colours weighted by ``a``: the order does not matter.

    Args:
        image (np.ndarray): RGB uint8 [H, W, 3].
        maps (Mapping): By class, finite [h, w] of any size; a constant map paints nothing.
        strengths (Mapping): By class, 0 to 1.
        colours (Colours): The colours of the classes.

    Returns:
        np.ndarray: RGB uint8 [H, W, 3]; the greyscale image if there are no maps.
    """
    height, width = image.shape[:2]
    covers = np.zeros((len(maps), height, width), np.float32)
    for cover, (label, heat) in zip(covers, maps.items()):
        visible = ((stretched(heat, (width, height)) - FAINTEST) / (1 - FAINTEST)).clip(0)
        cover[:] = ALPHA * min(max(strengths[label], 0.0), 1.0) * visible
    palette = np.array([colours[label] for label in maps], np.float32).reshape(-1, 3)
    sums = (covers.reshape(len(maps), height * width).T @ palette).reshape(image.shape)
    mean = sums / np.maximum(covers.sum(0), 1e-6)[..., None]
    return blend(image, mean, 1 - (1 - covers).prod(0)[..., None])
