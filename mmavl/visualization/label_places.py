"""Places for the labels of boxes, where they hide neither each other nor an outline."""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import dist

from .drawing import Box

Size = tuple[float, float]


def place_labels(
    boxes: Sequence[Box], labels: Sequence[Size], frame: Size, outline: float = 4.0
) -> list[Box | None]:
    """Find a place for the label of each box.

    A label is completely inside the frame and overlaps no other label and no outline. The first
    free place counts: next to its box, where there is no box; inside its own box; anywhere next
    to or inside its box, also inside larger boxes; then the nearest one in the frame.

    Args:
        boxes (Sequence[Box]): xyxy in pixels, inside the frame; earlier ones choose first.
        labels (Sequence[Size]): Width and height of each box's label in pixels.
        frame (Size): Width and height of the frame in pixels.
        outline (float): Width of an outline, which is drawn inside its box. Defaults to 4.

    Returns:
        list[Box | None]: xyxy of each label; None if there is no place for it.
    """
    places: list[Box | None] = []
    for number, (box, size) in enumerate(zip(boxes, labels, strict=True)):
        taken = [place for place in places if place is not None]
        others = [*boxes[:number], *boxes[number + 1 :]]
        around = [spot for spot in _around(box, size, frame) if _fits(spot, frame)]
        inside = [spot for spot in _inside(box, size, outline) if _fits(spot, frame)]
        choices = chain(
            (spot for spot in around if not _any_overlap(spot, boxes)),
            (spot for spot in inside if not _any_overlap(spot, others)),
            around,
            inside,
            _anywhere(box, size, frame),
        )
        free = (
            spot
            for spot in choices
            if not _any_overlap(spot, taken)
            and not any(_crosses(spot, other, outline) for other in boxes)
        )
        places.append(next(free, None))
    return places


def _around(box: Box, size: Size, frame: Size) -> Iterator[Box]:
    """Above, below and next to a box; moved into the frame sideways."""
    (left, top, right, bottom), (width, height) = box, size
    for y in (top - height, bottom, top - 2 * height, bottom + height):
        for x in (left, right - width, (left + right - width) / 2):
            x = max(min(x, frame[0] - width), 0)
            yield x, y, x + width, y + height
    for x in (right, left - width):
        for y in (top, bottom - height):
            yield x, y, x + width, y + height


def _inside(box: Box, size: Size, outline: float) -> Iterator[Box]:
    """In the corners of a box, within its outline."""
    (left, top, right, bottom), (width, height) = box, size
    for y in (top + outline, bottom - outline - height):
        for x in (left + outline, right - outline - width):
            yield x, y, x + width, y + height


def _anywhere(box: Box, size: Size, frame: Size) -> Iterator[Box]:
    """All over the frame in steps of a quarter of the label, the nearest to the box first."""
    (left, top, right, bottom), (width, height) = box, size
    spots = [
        (x * width / 4, y * height / 4, (x / 4 + 1) * width, (y / 4 + 1) * height)
        for y in range(int(4 * (frame[1] / height - 1)) + 1)
        for x in range(int(4 * (frame[0] / width - 1)) + 1)
    ]
    centre = (left + right) / 2, (top + bottom) / 2
    spots = [spot for spot in spots if _fits(spot, frame)]
    yield from sorted(spots, key=lambda s: dist(centre, ((s[0] + s[2]) / 2, (s[1] + s[3]) / 2)))


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes have an area in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _any_overlap(spot: Box, boxes: Sequence[Box]) -> bool:
    return any(overlap(spot, box) for box in boxes)


def _crosses(spot: Box, box: Box, outline: float) -> bool:
    """Whether a place hides a part of a box's outline."""
    within = (
        spot[0] >= box[0] + outline
        and spot[1] >= box[1] + outline
        and spot[2] <= box[2] - outline
        and spot[3] <= box[3] - outline
    )
    return overlap(spot, box) and not within


def _fits(spot: Box, frame: Size) -> bool:
    return spot[0] >= 0 and spot[1] >= 0 and spot[2] <= frame[0] and spot[3] <= frame[1]
