"""A video's frame with what sounds in it: a pure function of pixels and maps."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from mmavl.evaluation.map_boxes import boxes_of_map
from mmavl.media.image import resized
from mmavl.utils.names import one_line

from .drawing import INK, OKABE_ITO, PAPER, blend, draw_outline, fit_text, font, stretched

COLOURS = tuple(OKABE_ITO.values())
STRIP = 24
_ALPHA = 0.65
_MOST_SCORES = 4


def colour_of(label: str, classes: Sequence[str]) -> tuple[int, int, int]:
    """The colour of a class; the first one for a map without a class."""
    return COLOURS[classes.index(label) % len(COLOURS)] if label in classes else COLOURS[0]


def frame_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Even width and height of a drawn frame, its long side from 320 to ``max_side``."""
    longest = max(width, height)
    scale = min(max(longest, 320), max_side - max_side % 2) / longest
    return tuple(max(2 * round(side * scale / 2), 2) for side in (width, height))


def render_frame(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    scores: Mapping[str, float],
    classes: Sequence[str],
    size: tuple[int, int],
    time: float,
    kinds: Mapping[str, str] | None = None,
) -> np.ndarray:
    """Draw heat, boxes and names of what sounds, and a strip with the scores beneath.

    Every map is stretched to its own lowest and highest value and drawn in its class's colour; a
    pixel belongs to the map that is highest there. The frame itself becomes grey, so that a colour
    always means heat.

    Args:
        image (np.ndarray): RGB uint8 [H, W, 3].
        maps (Mapping): Of what sounds, by class, [h, w]; finite.
        scores (Mapping): Probability of each class that sounds, for names and strip; one without
            a map is hollow in the strip.
        classes (Sequence[str]): All classes; chooses the colours.
        size (tuple[int, int]): Width and height to draw at, even.
        time (float): Seconds, for the strip.
        kinds (Mapping[str, str], optional): Class -> a finer name to write in its place.

    Returns:
        np.ndarray: RGB uint8 [height + 24, width, 3].
    """
    frame = resized(image, size)
    if maps:
        frame = _with_heat(frame, maps, classes)
    picture = Image.fromarray(frame)
    draw = ImageDraw.Draw(picture)
    titles = {label: _title(label, scores, kinds or {}) for label in {*maps, *scores}}
    boxes = [(label, box.xyxy) for label in maps for box in boxes_of_map(maps[label], size)]
    for label, xyxy in boxes:
        _draw_box(draw, xyxy, colour_of(label, classes), size)
    for label, xyxy in boxes:  # names above all boxes
        _draw_title(draw, xyxy, titles[label], colour_of(label, classes), size)
    canvas = Image.new('RGB', (size[0], size[1] + STRIP), INK)
    canvas.paste(picture)  # what was drawn of a thin frame ends where the strip begins
    _draw_strip(ImageDraw.Draw(canvas), maps, scores, titles, classes, size, time)
    return np.asarray(canvas)


def _with_heat(
    frame: np.ndarray, maps: Mapping[str, np.ndarray], classes: Sequence[str]
) -> np.ndarray:
    size = frame.shape[1], frame.shape[0]
    heats = np.stack([stretched(heat, size) for heat in maps.values()])
    colours = np.array([colour_of(label, classes) for label in maps], np.float32)
    share = (_ALPHA * heats.max(0))[..., None]
    return blend(frame, colours[heats.argmax(0)], share)


def _title(label: str, scores: Mapping[str, float], kinds: Mapping[str, str]) -> str:
    name = one_line(kinds.get(label, label).replace('_', ' '))
    return f'{name} {scores[label]:.2f}' if label in scores else name


def _draw_box(
    draw: ImageDraw.ImageDraw,
    xyxy: tuple[float, ...],
    colour: tuple[int, int, int],
    size: tuple[int, int],
) -> None:
    """Its dark edges inside of the frame, too."""
    left, top, right, bottom = (round(edge) for edge in xyxy)
    inner = left + 1, top + 1, min(right, size[0]) - 2, min(bottom, size[1]) - 2
    draw_outline(draw, inner, colour)


def _draw_title(
    draw: ImageDraw.ImageDraw,
    xyxy: tuple[float, ...],
    title: str,
    colour: tuple[int, int, int],
    size: tuple[int, int],
) -> None:
    left, top = round(xyxy[0]), round(xyxy[1])
    face = font(13, bold=True)
    title = fit_text(title, face, size[0] - 10)
    width = face.getlength(title) + 8
    left = max(min(left, size[0] - width), 0)
    top = top - 18 if top >= 18 else min(top, size[1] - 18)
    draw.rectangle((left, top, left + width, top + 18), fill=INK)
    draw.text((left + 4, top + 9), title, colour, face, anchor='lm')


def _draw_strip(
    draw: ImageDraw.ImageDraw,
    maps: Mapping[str, np.ndarray],
    scores: Mapping[str, float],
    titles: Mapping[str, str],
    classes: Sequence[str],
    size: tuple[int, int],
    time: float,
) -> None:
    middle = size[1] + STRIP // 2
    minutes, tenths = divmod(round(10 * time), 600)  # 59.96 s are 1:00.0
    clock = f'{minutes}:{tenths / 10:04.1f}'
    draw.text((6, middle), clock, PAPER, font(12), anchor='lm')
    left = 14 + font(12).getlength(clock)
    if not scores and not maps:
        draw.text((left, middle), 'nothing known is heard', (170,) * 3, font(12), 'lm')
    for label in sorted(scores, key=lambda name: -scores[name])[:_MOST_SCORES]:
        face = font(12, bold=label in maps)
        title = titles[label]
        if left + 16 + face.getlength(title) > size[0]:
            break
        colour = colour_of(label, classes)
        mark = (left, middle - 4, left + 8, middle + 4)
        draw.ellipse(mark, fill=colour if label in maps else None, outline=colour)
        draw.text((left + 13, middle), title, PAPER if label in maps else (170,) * 3, face, 'lm')
        left += 13 + face.getlength(title) + 14
