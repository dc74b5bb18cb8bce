"""Combining panels, titles, spectrogram and legend to one row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from mmavl.utils.names import one_line

from .drawing import (
    FAINT,
    HEAT_COLOURS,
    INK,
    MASK_COLOURS,
    PAPER,
    SOUND_COLOURS,
    colourise,
    draw_box,
    draw_peak,
    fit_text,
    font,
)
from .spectrogram import Spectrogram, draw_spectrogram

MARGIN = 12
GAP = 10
_HEADER = 26
_TITLES = 36
_SOUND = 100
_LEGEND = 22


@dataclass(frozen=True)
class Panel:
    """A picture in a row: RGB uint8 [H, W, 3], with a title and a fainter line below it."""

    image: np.ndarray
    title: str
    subtitle: str = ''


def compose_row(
    panels: list[Panel],
    spectrogram: Spectrogram | None,
    title: str,
    caption: str,
    legend: list[str],
    panel: int,
) -> np.ndarray:
    """A row of panels under a header, with the spectrogram below (next to a single panel).

    Args:
        panels (list[Panel]): From left to right, each with at most ``panel`` pixels of height.
        spectrogram (Spectrogram, optional): Drawn across the width.
        title (str): Bold text of the header.
        caption (str): Further text of the header.
        legend (list[str]): Entries of the legend: 'sounding', 'silent', 'peak', 'heat',
            'decibels', 'mask'.
        panel (int): Height of a panel, and its minimum width.

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].
    """
    if len(panels) == 1 and spectrogram is not None:
        picture = np.asarray(draw_spectrogram(spectrogram, 2 * panel, panel))
        panels = [*panels, Panel(picture, 'sound', 'log-mel spectrogram')]
        spectrogram = None
    widths = [max(p.image.shape[1], panel) for p in panels]
    width = sum(widths) + GAP * (len(panels) - 1)
    sound = _SOUND + GAP if spectrogram is not None else 0
    lines = _legend_lines(legend, width)
    height = 2 * MARGIN + _HEADER + _TITLES + panel + sound + _LEGEND * len(lines)
    canvas = Image.new('RGB', (width + 2 * MARGIN, height), PAPER)
    _draw_header(ImageDraw.Draw(canvas), title, caption, width)
    left = MARGIN
    for item, item_width in zip(panels, widths):
        _draw_panel(canvas, item, left, MARGIN + _HEADER, item_width, panel)
        left += item_width + GAP
    top = MARGIN + _HEADER + _TITLES + panel
    if spectrogram is not None:
        canvas.paste(draw_spectrogram(spectrogram, width, _SOUND), (MARGIN, top + GAP))
    for row, entries in enumerate(lines):
        _draw_legend(canvas, entries, top + sound + row * _LEGEND + _LEGEND // 2 + 4)
    return np.asarray(canvas)


def draw_legend_strip(legend: Sequence[str], width: int) -> np.ndarray:
    """Only the legend, for a sheet that shows it once for many rows."""
    lines = _legend_lines(legend, width - 2 * MARGIN)
    canvas = Image.new('RGB', (width, _LEGEND * len(lines)), PAPER)
    for row, entries in enumerate(lines):
        _draw_legend(canvas, entries, row * _LEGEND + _LEGEND // 2)
    return np.asarray(canvas)


def _draw_header(draw: ImageDraw.ImageDraw, title: str, caption: str, width: int) -> None:
    face = font(15, bold=True)
    title = fit_text(title, face, width)
    draw.text((MARGIN, MARGIN + 16), title, INK, face, anchor='ls')
    start = face.getlength(title) + 14
    caption = fit_text(caption, font(13), width - start) if width > start + 40 else ''
    draw.text((MARGIN + start, MARGIN + 16), caption, FAINT, font(13), anchor='ls')


def _draw_panel(
    canvas: Image.Image, item: Panel, left: int, top: int, width: int, height: int
) -> None:
    draw = ImageDraw.Draw(canvas)
    subtitle = one_line(item.subtitle)
    while font(12).getlength(subtitle) > width and ', ' in subtitle:
        subtitle = subtitle.rpartition(', ')[0]
    for y, text, face, ink in (
        (13, item.title, font(13, bold=True), INK),
        (29, subtitle, font(12), FAINT),
    ):
        draw.text((left, top + y), fit_text(text, face, width), ink, face, anchor='ls')
    image = Image.fromarray(item.image)
    spot = left + (width - image.width) // 2, top + _TITLES + (height - image.height) // 2
    canvas.paste(image, spot)


_LEGEND_TEXT = {
    'sounding': 'sounding',
    'silent': 'silent',
    'peak': 'maximum of the map',
    'heat': 'lowest to highest value of each map',
    'decibels': 'the loudest 60 dB, alike in all panels',
    'mask': 'mask, 0 to 1',
}
_RAMPS = {'heat': HEAT_COLOURS, 'decibels': SOUND_COLOURS, 'mask': MASK_COLOURS}
_SWATCH = {'sounding': 24, 'silent': 24, 'peak': 16, **dict.fromkeys(_RAMPS, 64)}


def _entry_width(entry: str) -> float:
    return _SWATCH[entry] + 7 + font(12).getlength(_LEGEND_TEXT[entry]) + 20


def _legend_lines(legend: Sequence[str], width: int) -> list[list[str]]:
    lines: list[list[str]] = []
    room = 0.0
    for entry in legend:
        if _entry_width(entry) - 20 > room:
            lines.append([])
            room = width
        lines[-1].append(entry)
        room -= _entry_width(entry)
    return lines


def _draw_legend(canvas: Image.Image, entries: list[str], middle: int) -> None:
    draw = ImageDraw.Draw(canvas)
    left = float(MARGIN)
    for entry in entries:
        x, swatch = round(left), _SWATCH[entry]
        if entry in _RAMPS:
            ramp = np.repeat(np.linspace(0, 1, swatch)[None], 12, axis=0)
            canvas.paste(Image.fromarray(colourise(ramp, _RAMPS[entry])), (x, middle - 6))
        elif entry == 'peak':
            tile = np.full((16, 16, 3), 150, np.uint8)
            draw_peak(tile, 8, 8, radius=4)
            canvas.paste(Image.fromarray(tile), (x, middle - 8))
        else:
            draw_box(draw, (x + 1, middle - 6, x + swatch - 2, middle + 6), entry == 'sounding')
        text = _LEGEND_TEXT[entry]
        draw.text((x + swatch + 7, middle), text, INK, font(12), anchor='lm')
        left += _entry_width(entry)
