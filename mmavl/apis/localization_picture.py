"""The picture of a localization."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mmavl.visualization import Spectrogram
from mmavl.visualization.colours import Colours
from mmavl.visualization.drawing import (
    draw_outline,
    draw_peak,
    fit_image,
    has_peak,
    overlay_heat,
    peak_of,
)
from mmavl.visualization.layout import Panel, compose_row
from mmavl.visualization.video_frame import draw_view

from .localization import Localization
from .views import view_of

#: Height of a panel in pixels.
PANEL = 320
_ALPHA = 0.6
_MOST_MAPS = 5


def draw_localization(
    result: Localization, loaded: dict[str, Any], classes: Sequence[str]
) -> np.ndarray:
    """Draw a frame with what is audible and visible, each map, and the sound.

    Args:
        result (Localization): The result.
        loaded (dict): The data from :meth:`ClipPipeline.load`.
        classes (Sequence[str]): The model's classes.

    Returns:
        np.ndarray: RGB uint8 [H, W, 3].
    """
    frame, colours = fit_image(loaded['image'], PANEL), Colours(classes)
    names = ', '.join(result.names()).replace('_', ' ') or 'no sound of a known class'
    panels = [Panel(draw_view(frame, view_of(result), colours), 'audible and visible', names)]
    labels = result.drawn[:_MOST_MAPS]
    panels += [_map_panel(frame, result, label, colours) for label in labels]
    spectrogram = Spectrogram.of_waveform(
        loaded['waveform'], loaded['sample_rate'], result.window[0]
    )
    hidden = len(result.drawn) - len(labels)
    caption = '' if result.time is None else f'at {result.time:.1f} s'
    caption += f' (and {hidden} more maps)' if hidden else ''
    legend = ['peak', 'heat'] if labels else []
    return compose_row(panels, spectrogram, result.name, caption.strip(), legend, PANEL)


def _map_panel(frame: np.ndarray, result: Localization, label: str, colours: Colours) -> Panel:
    """A class's map over the frame, with its boxes, its maximum and its probabilities."""
    heat = result.maps[label]
    image = overlay_heat(frame, heat, _ALPHA)
    picture = Image.fromarray(image)
    scale = frame.shape[1] / result.size[0], frame.shape[0] / result.size[1]
    for box in result.boxes(label):
        edges = (edge * factor for edge, factor in zip(box.xyxy, scale + scale))
        draw_outline(ImageDraw.Draw(picture), tuple(edges), colours[label])
    image = np.array(picture)
    if has_peak(heat):
        x, y = peak_of(heat)
        draw_peak(image, x * image.shape[1], y * image.shape[0])
    probs = (('audio', result.audio_probs), ('visual', result.visual_probs))
    words = [f'{word} {values[label]:.2f}' for word, values in probs if label in values]
    title = 'map of ' + result.kinds.get(label, label).replace('_', ' ')
    return Panel(image, title, ', '.join(words))
