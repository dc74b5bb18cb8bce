"""What is drawn of a localization: the classes that are audible and visible, and their boxes."""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from mmavl.evaluation.map_boxes import boxes_of_map
from mmavl.visualization.video_frame import View

if TYPE_CHECKING:
    from .localization import Localization

#: From this probability a class counts as visible. In scenes of the validation split,
#: scenes-families gives less to 9 % of 231 visible families that sound.
VISIBLE_FROM = 0.3


def visible_labels(result: 'Localization') -> list[str]:
    """The classes to draw: predicted to sound, and visible; best first."""
    return [k for k in result.shown if result.visual_probs.get(k, 1.0) >= VISIBLE_FROM]


def strength(result: 'Localization', label: str) -> float:
    """How strongly a class is painted: the geometric mean of both probabilities."""
    return sqrt(result.audio_probs.get(label, 1.0) * result.visual_probs.get(label, 1.0))


def relative_boxes(result: 'Localization', label: str) -> list[tuple[float, ...]]:
    """Boxes of a class as in :meth:`Localization.boxes`, xyxy relative to the frame."""
    return [box.xyxy for box in boxes_of_map(result.maps[label], (1, 1))]


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
