"""Arranging many rows in one picture."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .drawing import INK, PAPER, fit_text, font
from .layout import MARGIN, draw_legend_strip

_TITLE = 34
_RULE = (221, 221, 221)


def contact_sheet(
    rows: Sequence[np.ndarray],
    columns: int = 2,
    title: str = '',
    legend: Sequence[str] = ('sounding', 'silent', 'peak', 'heat'),
) -> np.ndarray:
    """Arrange rows, drawn by ``AVVisualizer`` without a legend, on one sheet with one legend.

    The order is from left to right, then down. A column is as wide as its widest row.

    Args:
        rows (Sequence[np.ndarray]): RGB uint8 [h, w, 3], of any sizes; at least one.
        columns (int): Number of columns. Defaults to 2.
        title (str): Text at the top. Defaults to none.
        legend (Sequence[str]): Entries of the legend below the title. Defaults to all.

    Returns:
        np.ndarray: RGB, uint8 [H, W, 3].

    Raises:
        ValueError: There are no rows.
    """
    if not rows:
        raise ValueError('a contact sheet needs at least one row')
    lines = [rows[start : start + columns] for start in range(0, len(rows), columns)]
    widths = [
        max(line[c].shape[1] for line in lines if c < len(line)) for c in range(len(lines[0]))
    ]
    heights = [max(row.shape[0] for row in line) for line in lines]
    width = sum(widths)
    strip = draw_legend_strip(legend, width)
    top = MARGIN + (_TITLE if title else 0)
    sheet = Image.new('RGB', (width, top + strip.shape[0] + sum(heights) + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        face = font(18, bold=True)
        text = fit_text(title, face, width - 2 * MARGIN)
        draw.text((MARGIN, MARGIN + 20), text, INK, face, anchor='ls')
    sheet.paste(Image.fromarray(strip), (0, top))
    y = top + strip.shape[0] + MARGIN // 2
    for line, height in zip(lines, heights):
        draw.line((MARGIN, y, width - MARGIN, y), _RULE)
        for column, row in enumerate(line):
            sheet.paste(Image.fromarray(row), (sum(widths[:column]), y + 1))
        y += height
    return np.asarray(sheet)
