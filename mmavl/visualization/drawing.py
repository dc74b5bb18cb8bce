"""Heat maps, boxes, text and spectrograms as pixels: pure functions without state.

The colours suit common kinds of colour blindness, and no meaning depends only on colour:
sounding boxes are green *and* solid, silent ones grey *and* dashed.
"""

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmavl.utils.files import atomic_write
from mmavl.utils.names import one_line

INK = (34, 34, 34)
FAINT = (95, 95, 95)
PAPER = (255, 255, 255)
SOUNDING = (0, 190, 130)
SILENT = (185, 185, 185)
#: Background of white text, dark enough for a contrast of 4.5:1.
SOUNDING_LABEL = (0, 115, 82)
SILENT_LABEL = (92, 92, 92)
HEAT_COLOURS = 'inferno'
SOUND_COLOURS = 'magma'
MASK_COLOURS = 'gray'
_JPEG_QUALITY = 80
#: Maximum letters of a text to measure; more do not fit into any picture.
_LONGEST_TEXT = 1000

#: Okabe and Ito's colours, which are distinguishable with common kinds of colour blindness.
OKABE_ITO = {
    'orange': (230, 159, 0),
    'sky blue': (86, 180, 233),
    'green': (0, 158, 115),
    'yellow': (240, 228, 66),
    'vermilion': (213, 94, 0),
    'purple': (204, 121, 167),
    'blue': (0, 114, 178),
}

Box = tuple[float, float, float, float]


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which ships with matplotlib, so that every machine draws the same picture."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name), size)


def fit_text(text: str, face: ImageFont.FreeTypeFont, width: float) -> str:
    """The text if it is at most ``width`` pixels wide, else its start and '…'."""
    whole = one_line(text)
    text = whole[:_LONGEST_TEXT]
    if text == whole and face.getlength(text) <= width:
        return text
    while text and face.getlength(text + '…') > width:
        text = text[:-1]
    return text.rstrip() + '…'


def colourise(values: np.ndarray, colours: str) -> np.ndarray:
    """Convert values in [0, 1] of any shape to RGB of a matplotlib colormap, uint8 [..., 3]."""
    return matplotlib.colormaps[colours](np.asarray(values), bytes=True)[..., :3]


def min_max(values: np.ndarray) -> np.ndarray:
    """Scale to [0, 1]; a constant array becomes zero, an empty one stays empty."""
    if not values.size:
        return values
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def stretched(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A heat map scaled to its extremes and resized to (width, height) in pixels.

    Args:
        heat (np.ndarray): Finite values [h, w]; upsampled bilinearly.
        size (tuple[int, int]): At least one pixel each.

    Returns:
        np.ndarray: In [0, 1], float32 [height, width]; zero if the map is constant or
        empty.
    """
    cells = heat if heat.size else np.zeros((1, 1))
    return cv2.resize(min_max(cells.astype(np.float32)), size)  # cv2 cannot resize float16


def overlay_heat(image: np.ndarray, heat: np.ndarray, alpha: float) -> np.ndarray:
    """Blend a heat map, scaled to its minimum and maximum, over a greyscale image.

    The image is converted to grey, so that colours in the result always mean heat.

    Args:
        image (np.ndarray): RGB, uint8 [H, W, 3].
        heat (np.ndarray): Finite values [h, w]; upsampled bilinearly.
        alpha (float): Opacity of the heat colours.

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].
    """
    height, width = image.shape[:2]
    colours = colourise(stretched(heat, (width, height)), HEAT_COLOURS).astype(np.float32)
    return blend(image, colours, alpha)


def blend(image: np.ndarray, colours: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """Blend colours over a greyscale image, so that colours always come from the overlay.

    Args:
        image (np.ndarray): RGB, uint8 [H, W, 3].
        colours (np.ndarray): float32 [H, W, 3] from 0 to 255.
        share (float | np.ndarray): Opacity of the colours; one value, or [H, W, 1].

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    return np.rint(grey * (1 - share) + colours * share).astype(np.uint8)


def has_peak(heat: np.ndarray) -> bool:
    """Whether a heat map has a maximum to mark: not if it is constant or empty."""
    return bool(heat.size and heat.min() < heat.max())


def peak_of(heat: np.ndarray) -> tuple[float, float]:
    """Centre of the maximum's cell, relative to width and height, (x, y)."""
    row, column = np.unravel_index(np.argmax(heat), heat.shape)
    return (column + 0.5) / heat.shape[1], (row + 0.5) / heat.shape[0]


def draw_peak(image: np.ndarray, x: float, y: float, radius: int = 6) -> None:
    """Draw a white ring with dark edges around pixel (x, y), in place."""
    centre = round(x * 16), round(y * 16)
    for thickness, colour in ((5, INK), (2, PAPER)):
        cv2.circle(image, centre, radius * 16, colour, thickness, cv2.LINE_AA, shift=4)


def rectangle(draw: ImageDraw.ImageDraw, box: Box, **style) -> None:
    """Draw a rectangle at least one pixel wide and high, since Pillow rejects thinner ones."""
    left, top, right, bottom = box
    draw.rectangle((left, top, max(left, right), max(top, bottom)), **style)


def draw_outline(draw: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int]) -> None:
    """Draw a solid outline, two pixels wide, with dark edges."""
    left, top, right, bottom = box
    rectangle(draw, (left - 1, top - 1, right + 1, bottom + 1), outline=INK, width=4)
    rectangle(draw, box, outline=colour, width=2)


def draw_box(draw: ImageDraw.ImageDraw, box: Box, sounding: bool) -> None:
    """Draw a box with dark edges: green and solid, or (silent) grey and dashed."""
    x0, y0, x1, y1 = (round(value) for value in box)
    if sounding:
        draw_outline(draw, (x0, y0, x1, y1), SOUNDING)
        return
    rectangle(draw, (x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=INK, width=4)
    for start in range(x0, x1, 10):
        end = min(start + 5, x1)
        rectangle(draw, (start, y0, end, y0 + 1), fill=SILENT)
        rectangle(draw, (start, y1 - 1, end, y1), fill=SILENT)
    for start in range(y0, y1, 10):
        end = min(start + 5, y1)
        rectangle(draw, (x0, start, x0 + 1, end), fill=SILENT)
        rectangle(draw, (x1 - 1, start, x1, end), fill=SILENT)


def place_label(
    draw: ImageDraw.ImageDraw, text: str, box: Box, sounding: bool, taken: list[Box]
) -> None:
    """Write a box's name next to it, where there is no earlier label.

    Args:
        draw (ImageDraw.ImageDraw): The panel's drawing context.
        text (str): The name.
        box (Box): xyxy in pixels.
        sounding (bool): Determines the label's colour.
        taken (list[Box]): Positions of earlier labels; this one is added.
    """
    face = font(12, bold=sounding)
    limit_x, limit_y = draw.im.size
    text = fit_text(text, face, limit_x - 10)
    width, height = face.getlength(text) + 8, 17
    left = min(max(box[0] - 1, 0), limit_x - width)
    right = min(max(box[2] + 1 - width, 0), limit_x - width)
    # below the box is the last choice: it could refer to the object there
    tops = (box[1] - height, box[1] + 2, box[1] + height + 3, box[3] - height - 2, box[3] + 1)
    spots = [(x, y, x + width, y + height) for y in tops for x in (left, right)]
    spots = [s for s in spots if s[1] >= 0 and s[3] <= limit_y] or spots[2:3]
    spot = next((s for s in spots if not any(_overlap(s, t) for t in taken)), spots[0])
    taken.append(spot)
    draw.rectangle(spot, fill=SOUNDING_LABEL if sounding else SILENT_LABEL)
    draw.text((spot[0] + 4, spot[1] + height / 2), text, PAPER, face, anchor='lm')


def draw_boxes(image: np.ndarray, boxes: Iterable[tuple[Box, bool, str]]) -> np.ndarray:
    """A copy of the image with boxes, given as xyxy in pixels, whether it sounds, name or ''."""
    boxes = list(boxes)
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    for box, sounding, _ in sorted(boxes, key=lambda item: item[1]):
        draw_box(draw, box, sounding)
    taken: list[Box] = []
    for box, sounding, name in boxes:
        if name:
            place_label(draw, name, box, sounding, taken)
    return np.array(picture)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def fit_image(image: np.ndarray, height: int) -> np.ndarray:
    """Resize to a height, with at most twice its width, keeping the aspect ratio."""
    scale = min(height / image.shape[0], 2 * height / image.shape[1])
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, size, interpolation=method)


def write_png(path: str | Path, image: np.ndarray) -> None:
    """Write an RGB array as PNG; the file is never incomplete.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(path, 'wb') as file:
        Image.fromarray(image).save(file, 'PNG')


def jpeg_bytes(image: np.ndarray) -> bytes:
    """Encode an RGB array with full colour resolution, since text and thin boxes would smear."""
    buffer = io.BytesIO()
    picture = Image.fromarray(image)
    picture.save(buffer, 'JPEG', quality=_JPEG_QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue()


def write_jpeg(path: str | Path, image: np.ndarray) -> None:
    """Write an RGB array as JPEG, a quarter of the size of a PNG for frames and heat maps.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(path, 'wb') as file:
        file.write(jpeg_bytes(image))
