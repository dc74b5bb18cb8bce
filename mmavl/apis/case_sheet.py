"""Pictures of cases, with the maps' peaks and the annotated boxes."""

from collections.abc import Sequence

import numpy as np

from mmavl.visualization.contact_sheet import contact_sheet
from mmavl.visualization.drawing import (
    draw_boxes,
    draw_peak,
    fit_image,
    overlay_heat,
    peak_of,
)

from .case_evaluation import Outcome
from .localization import AGNOSTIC
from .pipeline import ClipPipeline

_HEIGHT = 220


def case_sheet(
    outcomes: Sequence[Outcome], pipeline: ClipPipeline, columns: int = 4
) -> np.ndarray:
    """One sheet with the frames of all cases, RGB uint8 [H, W, 3], misses first.

    The map is that of the case's class, or of its family if the model lacks the class.
    """
    order = sorted(outcomes, key=_score)
    return contact_sheet([_picture(o, pipeline) for o in order], columns)


def _score(outcome: Outcome) -> float:
    hits = [outcome.hits[given].own for given in ('class', 'family') if given in outcome.hits]
    return hits[0] if hits else -1.0


def _picture(outcome: Outcome, pipeline: ClipPipeline) -> np.ndarray:
    case, result = outcome.case, outcome.result
    assert result.clip is not None  # set by the inferencer
    image = fit_image(pipeline.load(result.clip)['image'], _HEIGHT)
    size = np.array([image.shape[1], image.shape[0]] * 2)
    names = (AGNOSTIC, outcome.names['class'], outcome.names['family'])
    heat = next((result.maps[name] for name in names if name in result.maps), None)
    if heat is not None:
        image = overlay_heat(image, heat, 0.5)
    marks = [
        (case.mark, True),
        *((m, True) for m in case.others),
        *((m, False) for m in case.silent),
    ]
    boxes = [(tuple(np.array(mark.box) * size), sounds, mark.label) for mark, sounds in marks]
    picture = draw_boxes(image, boxes)
    if heat is not None and heat.max() > heat.min():
        x, y = peak_of(heat)
        draw_peak(picture, x * size[0], y * size[1])
    return picture
