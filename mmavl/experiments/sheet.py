"""Maps of several methods side by side: a row is a clip, a column a method."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from mmavl.errors import DataError
from mmavl.evaluation.predictions import Prediction
from mmavl.evaluation.targets import build_targets, target_map
from mmavl.media.image import read_image
from mmavl.visualization.drawing import (
    FAINT,
    INK,
    PAPER,
    draw_boxes,
    draw_peak,
    fit_text,
    font,
    has_peak,
    overlay_heat,
    peak_of,
)

_SIDE, _GAP, _TITLE = 128, 4, 22
_ALPHA = 0.6
_NO_MAP = (225, 225, 225)


def comparison_sheet(methods: Mapping[str, Sequence[Prediction]], clips: int = 8) -> np.ndarray:
    """Draw the map of each method for the whole sound of some clips.

    The clips are evenly spread over those with a sounding box. Sounding boxes are solid, silent
    ones dashed; a ring marks the map's maximum. A method that predicts no class that sounds has no
    map, a grey square.

    Args:
        methods (Mapping[str, Sequence[Prediction]]): Name -> predictions of the same clips.
        clips (int): How many at most. Defaults to 8.

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].

    Raises:
        DataError: There is no clip to draw.
    """
    by_clip = {name: {p.identity: p for p in given} for name, given in methods.items()}
    first = next(iter(methods.values()), [])
    targets = build_targets(first, class_aware=False)
    if not targets:
        raise DataError('no clip has a sounding box to compare maps on')
    spread = np.linspace(0, len(targets) - 1, min(clips, len(targets))).round().astype(int)
    chosen = [first[targets[i].frame] for i in spread]
    columns = 1 + len(methods)
    step = _SIDE + _GAP
    sheet = Image.new('RGB', (columns * step + _GAP, _TITLE + len(chosen) * step + _GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(['frame', *methods]):
        face = font(13, bold=column > 0)
        text = fit_text(title, face, _SIDE)
        draw.text((_GAP + column * step, 16), text, INK if column else FAINT, face, anchor='ls')
    for row, p in enumerate(chosen):
        frame = _frame(p)
        cells = [
            _boxed(frame, p),
            *(_cell(frame, by_clip[name].get(p.identity)) for name in methods),
        ]
        for column, cell in enumerate(cells):
            place = _GAP + column * step, _TITLE + row * step
            sheet.paste(Image.fromarray(cell), place)
    return np.asarray(sheet)


def _frame(p: Prediction) -> np.ndarray:
    """The frame as a square, as the model sees it; white if its file is unreadable."""
    try:
        image = Image.fromarray(read_image(p.img_path))
    except (DataError, OSError):
        image = Image.new('RGB', (_SIDE, _SIDE), PAPER)
    return np.asarray(image.resize((_SIDE, _SIDE)))


def _boxed(frame: np.ndarray, p: Prediction) -> np.ndarray:
    boxes = [
        (tuple(box), bool(sounding), '')
        for box, sounding in zip((p.boxes * (_SIDE - 1)).tolist(), p.box_sounding)
    ]
    return draw_boxes(frame, boxes)


def _cell(frame: np.ndarray, p: Prediction | None) -> np.ndarray:
    targets = [] if p is None else build_targets([p], class_aware=False)
    heat = target_map(p, targets[0], 'predicted') if p is not None and targets else None
    if heat is None:
        return np.full((_SIDE, _SIDE, 3), _NO_MAP, np.uint8)
    cell = np.ascontiguousarray(overlay_heat(frame, heat, _ALPHA))
    if has_peak(heat):
        x, y = peak_of(heat)
        draw_peak(cell, x * _SIDE, y * _SIDE, radius=4)
    return cell
