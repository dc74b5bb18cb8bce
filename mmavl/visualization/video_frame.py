"""A video's frame with what is audible and visible in it: a pure function of pixels and a view."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, sqrt

import numpy as np
from PIL import Image, ImageDraw

from mmavl.media.image import resized
from mmavl.utils.names import one_line

from .colours import Colours, paint, text_on
from .drawing import INK, PAPER, Box, fit_text, font, rectangle
from .label_places import place_labels

_FAINT = (170, 170, 170)


@dataclass(frozen=True, eq=False)
class View:
    """What is drawn over one frame.

    Attributes:
        maps (Mapping[str, np.ndarray]): The map of each class that is audible and visible,
            [h, w], finite.
        strengths (Mapping[str, float]): How strongly each of them is painted, 0 to 1.
        boxes (Mapping[tuple[str, Hashable], Box]): By class and a name of the region: xyxy
            relative to the frame, 0 to 1.
        scores (Mapping[str, float | None]): Probability of each audible class, for the strip;
            None for a map of the whole sound. One without a map is not visible.
        kinds (Mapping[str, str]): Class -> a finer name to write in its place.
    """

    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    strengths: Mapping[str, float] = field(default_factory=dict)
    boxes: Mapping[tuple[str, int], Box] = field(default_factory=dict)
    scores: Mapping[str, float | None] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def name(self, label: str) -> str:
        """The name to write for a class."""
        return one_line(self.kinds.get(label, label).replace('_', ' '))


def frame_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Even width and height of a drawn frame, its long side from 320 to ``max_side``."""
    longest = max(width, height)
    scale = min(max(longest, 320), max_side - max_side % 2) / longest
    width, height = (max(2 * round(side * scale / 2), 2) for side in (width, height))
    return width, height


def text_size(size: tuple[int, int]) -> int:
    """The height of letters in a frame of (width, height) pixels, from 10 to 28 pixels."""
    return min(max(round(sqrt(size[0] * size[1]) / 32), 10), 28)


def strip_height(size: tuple[int, int]) -> int:
    """The height of the strip below a frame of (width, height) pixels, even."""
    return 2 * round(0.9 * text_size(size))


def render_frame(
    image: np.ndarray, view: View, colours: Colours, size: tuple[int, int], time: float | None
) -> np.ndarray:
    """Draw a view over a frame, and a strip with the audible classes below.

    Args:
        image (np.ndarray): RGB uint8 [H, W, 3].
        view (View): What to draw.
        colours (Colours): The colours of the classes.
        size (tuple[int, int]): Width and height to draw at, even.
        time (float, optional): Seconds, for the strip; None for a picture.

    Returns:
        np.ndarray: RGB uint8 [height + :func:`strip_height`, width, 3].
    """
    strip = strip_height(size)
    canvas = Image.new('RGB', (size[0], size[1] + strip), INK)
    canvas.paste(Image.fromarray(draw_view(resized(image, size), view, colours)))
    canvas.paste(_strip(view, colours, size, time), (0, size[1]))
    return np.asarray(canvas)


def draw_view(image: np.ndarray, view: View, colours: Colours) -> np.ndarray:
    """Draw the heat, boxes and labels of a view; labels never overlap, see :func:`place_labels`.

    Args:
        image (np.ndarray): RGB uint8 [H, W, 3], at the size to draw at.
        view (View): What to draw.
        colours (Colours): The colours of the classes.

    Returns:
        np.ndarray: RGB uint8 [H, W, 3].
    """
    picture = Image.fromarray(paint(image, view.maps, view.strengths, colours))
    draw, size = ImageDraw.Draw(picture), picture.size
    text = text_size(size)
    line = max(round(text / 7), 2)
    boxes = [(label, _in_pixels(box, size)) for (label, _), box in view.boxes.items()]
    for label, box in boxes:
        _draw_outline(draw, box, colours[label], line)
    face = font(text, bold=True)
    names = [fit_text(view.name(label), face, size[0] - 8) for label, _ in boxes]
    sizes = [(ceil(face.getlength(name)) + 8, text + 5) for name in names]
    places = place_labels([box for _, box in boxes], sizes, size, line + 2)
    for (label, _), name, place in zip(boxes, names, places):
        if place is not None:
            _draw_label(draw, place, name, colours[label], text)
    return np.asarray(picture)


def _in_pixels(box: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = (
        float(min(max(round(edge * side), 0), side)) for edge, side in zip(box, size + size)
    )
    return left, top, right, bottom


def _draw_outline(draw: ImageDraw.ImageDraw, box: Box, colour: tuple, line: int) -> None:
    """Inside of the box, with a dark edge on both sides."""
    left, top, right, bottom = box
    rectangle(draw, (left, top, right - 1, bottom - 1), outline=INK, width=line + 2)
    rectangle(draw, (left + 1, top + 1, right - 2, bottom - 2), outline=colour, width=line)


def _draw_label(
    draw: ImageDraw.ImageDraw, place: Box, name: str, colour: tuple, text: int
) -> None:
    left, top, right, bottom = place
    draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)
    middle = left + 4, (top + bottom) / 2
    draw.text(middle, name, text_on(colour), font(text, bold=True), anchor='lm')


def _strip(view: View, colours: Colours, size: tuple[int, int], time: float | None) -> Image.Image:
    """The time, then the audible classes: visible ones bold with a full mark, then the others."""
    strip = Image.new('RGB', (size[0], strip_height(size)), INK)
    draw, text, middle = ImageDraw.Draw(strip), text_size(size), strip.height / 2
    clock = '' if time is None else _clock(time)
    if 4 * font(text).getlength(clock) > size[0]:
        clock = ''  # in a narrow frame names matter more
    draw.text((text / 2, middle), clock, PAPER, font(text), anchor='lm')
    left = text * (1.2 if clock else 0.5) + font(text).getlength(clock)
    if not view.scores:
        words = fit_text('no sound of a known class', font(text), size[0] - left)
        draw.text((left, middle), words, _FAINT, font(text), anchor='lm')
    for label in sorted(view.scores, key=lambda k: (k not in view.maps, -(view.scores[k] or 0))):
        visible = label in view.maps
        room = size[0] - left - 1.5 * text
        face = font(text, bold=visible)
        if room < 3 * text:
            break
        words = fit_text(_entry(view, label), face, room)
        _draw_mark(draw, left, middle, text, colours[label], visible)
        ink = PAPER if visible else _FAINT
        draw.text((left + text, middle), words, ink, face, anchor='lm')
        left += 2.2 * text + face.getlength(words)
    return strip


def _entry(view: View, label: str) -> str:
    score = view.scores[label]
    words = view.name(label) + ('' if score is None else f' {score:.2f}')
    return words if label in view.maps else f'{words}, not located'


def _draw_mark(
    draw: ImageDraw.ImageDraw, left: float, middle: float, text: int, colour: tuple, full: bool
) -> None:
    radius = text / 3
    mark = (left, middle - radius, left + 2 * radius, middle + radius)
    draw.ellipse(mark, fill=colour if full else None, outline=colour, width=2)


def _clock(time: float) -> str:
    minutes, tenths = divmod(round(10 * time), 600)  # 59.96 s are 1:00.0
    return f'{minutes}:{tenths / 10:04.1f}'
