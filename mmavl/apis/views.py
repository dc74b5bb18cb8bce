"""What is drawn of a localization: the classes that are audible and visible, and their boxes."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING

from mmavl.evaluation.map_boxes import boxes_of_map
from mmavl.visualization.drawing import Box
from mmavl.visualization.label_places import overlap
from mmavl.visualization.video_frame import View

if TYPE_CHECKING:
    from .localization import Localization

#: The share of the highest visual probability of the audible classes from which a class counts as
#: visible. In scenes of the validation split it hides 5 % of the families that sound and are
#: visible (scenes-families), and 4 of 6 that are named wrongly.
VISIBLE_SHARE = 0.4

Region = tuple[str, int]


def visible_labels(result: 'Localization') -> list[str]:
    """The classes to draw: predicted to sound, and visible; best first."""
    probs = {label: result.visual_probs.get(label, 1.0) for label in result.shown}
    return [k for k, prob in probs.items() if prob >= VISIBLE_SHARE * max(probs.values())]


def strength(result: 'Localization', label: str) -> float:
    """How strongly a class is painted: the geometric mean of both probabilities."""
    return sqrt(result.audio_probs.get(label, 1.0) * result.visual_probs.get(label, 1.0))


def relative_boxes(result: 'Localization', label: str) -> list[Box]:
    """Boxes of a class, xyxy relative to the frame; overlapping ones are joined."""
    boxes = boxes_of_map(result.maps[label], (1, 1))
    return [*joined({(label, n): box.xyxy for n, box in enumerate(boxes)}).values()]


def joined(boxes: Mapping[Region, Box]) -> dict[Region, Box]:
    """Replace overlapping boxes of one class by the box around them, with the first one's key."""
    result: dict[Region, Box] = {}
    for region, box in boxes.items():
        same = [k for k, other in result.items() if k[0] == region[0] and overlap(other, box)]
        while same:
            other = result.pop(same[0])
            left, top, right, bottom = other
            box = min(box[0], left), min(box[1], top), max(box[2], right), max(box[3], bottom)
            region = same[0]
            same = [k for k, b in result.items() if k[0] == region[0] and overlap(b, box)]
        result[region] = box
    return result


def view_of(result: 'Localization', labels: Sequence[str] | None = None) -> View:
    """The view of a single moment.

    Args:
        result (Localization): The result.
        labels (Sequence[str], optional): Classes to draw at full strength, audible or not.
            Defaults to the audible and visible ones.
    """
    drawn = visible_labels(result) if labels is None else labels
    maps = {label: result.maps[label] for label in drawn if label in result.maps}
    return View(
        maps=maps,
        strengths={k: strength(result, k) if labels is None else 1.0 for k in maps},
        boxes={
            (label, number): box
            for label in maps
            for number, box in enumerate(relative_boxes(result, label))
        },
        scores={k: result.audio_probs.get(k) for k in [*result.sounding, *drawn]},
        kinds=result.kinds,
    )
