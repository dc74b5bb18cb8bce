"""The pieces of a self-contained HTML page: style, tables, pictures."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mmavl.utils.failures import error_line
from mmavl.utils.names import one_line

from .drawing import jpeg_bytes

STYLE = """
:root { --ink: #222; --faint: #5f5f5f; --rule: #dcdcdc; --tint: #f5f6f7; --accent: #00735a; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 24px 64px; max-width: 1180px; color: var(--ink);
  background: #fff; font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 21px; margin: 44px 0 6px; padding-top: 14px; border-top: 2px solid var(--ink); }
h3 { font-size: 16px; margin: 26px 0 8px; }
p { margin: 6px 0; max-width: 78ch; }
.faint { color: var(--faint); font-size: 13px; }
nav { margin: 14px 0 0; display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 14px; }
a { color: var(--accent); }
.scroll { overflow-x: auto; margin: 8px 0 14px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 4px 0 6px; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--rule); }
th { max-width: 16ch; line-height: 1.25; }
td:first-child { text-align: left; padding-left: 4px; white-space: nowrap; }
thead th { border-bottom: 1.5px solid var(--ink); font-weight: 600; vertical-align: bottom; }
thead tr.groups th { border-bottom: 0; text-align: center; max-width: none; }
th.start, td.start { border-left: 1px solid var(--rule); }
tr.muted td { color: var(--faint); }
td.best { font-weight: 700; background: #e6f4ef; }
figure { margin: 0; }
figure img { display: block; max-width: 100%; height: auto; border: 1px solid var(--rule);
  border-radius: 4px; }
.cases { display: flex; flex-wrap: wrap; gap: 14px; align-items: flex-start; }
.curves img { border: 0; }
.sounds { display: flex; flex-wrap: wrap; gap: 8px 16px; margin: 8px 0 30px; }
.sounds label { display: block; font-size: 13px; }
.sounds audio { display: block; width: 212px; height: 34px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 8px 0;
  font-size: 14px; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--tint); padding: 10px 12px; border-radius: 4px; overflow-x: auto;
  font: 12.5px/1.45 ui-monospace, 'DejaVu Sans Mono', monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
details { margin: 8px 0; }
summary { cursor: pointer; color: var(--accent); }
@media print { details > * { display: block; } figure { break-inside: avoid; } }
"""

#: One sound at a time; within a group a sound begins where the last one was left.
_LISTEN = """
document.addEventListener('play', (event) => {
  for (const other of document.querySelectorAll('audio')) {
    if (other === event.target || other.paused) continue;
    other.pause();
    if (other.closest('.sounds') === event.target.closest('.sounds'))
      event.target.currentTime = other.currentTime;
  }
}, true);
"""


def escape(text: str) -> str:
    """A name as HTML: on one line, whatever characters it has."""
    return html.escape(one_line(text))


def page(title: str, body: str) -> str:
    """A whole HTML document that loads nothing from anywhere."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n'
        f'<body>\n{body}\n</body>\n</html>\n'
    )


def picture(path: Path, alt: str) -> str:
    """A picture file as a figure inside the page; words in its place where it cannot be read."""
    if not path.is_file():
        return f'<p class="faint">The picture {escape(str(path))} is no longer there.</p>'
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert('RGB'))
    except Exception as error:  # a picture never costs the page
        words = escape(f'The picture {path} cannot be read ({error_line(error)}).')
        return f'<p class="faint">{words}</p>'
    return figure('image/jpeg', jpeg_bytes(pixels), alt, pixels.shape[1])


def figure(kind: str, data: bytes, alt: str, width: int | None = None) -> str:
    """Image data as a figure inside the page."""
    source = f'data:{kind};base64,{base64.b64encode(data).decode()}'
    size = f' width="{width}"' if width else ''
    return f'<figure><img src="{source}" alt="{escape(alt)}"{size}></figure>'


def sounds(items: Sequence[tuple[str, bytes]]) -> str:
    """Sounds beside each other, to be played in turn.

    Args:
        items (Sequence[tuple[str, bytes]]): Words, and FLAC data.
    """
    players = (
        f'<label>{escape(words)}<audio controls preload="metadata" '
        f'src="data:audio/flac;base64,{base64.b64encode(data).decode()}"></audio></label>'
        for words, data in items
    )
    return f'<div class="sounds">{"".join(players)}</div>'


def listening_script() -> str:
    """Makes :func:`sounds` stop each other; once for a page."""
    return f'<script>{_LISTEN}</script>'


def definitions(items: dict[str, str]) -> str:
    """Names with their values."""
    lines = (f'<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>' for k, v in items.items())
    return f'<dl>{"".join(lines)}</dl>'


def foldable(summary: str, body: str) -> str:
    """Something to open when wanted."""
    return f'<details><summary>{escape(summary)}</summary>{body}</details>'


def code(text: str) -> str:
    """Preformatted text."""
    return f'<pre>{html.escape(text)}</pre>'
