"""Metrics that only some protocols ask for, by the name that their entries give in ``extras``.

Each takes the scores of a row under its protocol and the predictions, and returns figures by
name; none where there is nothing to measure. Their keys are ``{protocol}/{extra}/{figure}``.
"""

from collections.abc import Callable, Mapping, Sequence

from .multi_source import count_sources, interactive_iou, per_source, pixel_precision
from .negative_frames import extended_sets, silent_area
from .predictions import Prediction
from .scoring import Scores

Extra = Callable[[Scores, Sequence[Prediction]], dict[str, float]]

#: Extra metrics by name.
EXTRAS: Mapping[str, Extra] = {
    'per_source': per_source,
    'iiou': interactive_iou,
    'pixel_ap': pixel_precision,
    'count': count_sources,
    'nsa': silent_area,
    'extended': extended_sets,
}
#: Those that need no maps, so that rows without a model have them, too.
OF_ANY_ROW = frozenset({'per_source', 'iiou'})
