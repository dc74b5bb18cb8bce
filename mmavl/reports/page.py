"""Self-contained HTML pages: templates in :mod:`mmavl.reports.pages`, with embedded media."""

import base64
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

import mmavl
from mmavl.utils.failures import error_line
from mmavl.utils.files import atomic_write
from mmavl.utils.templates import render
from mmavl.visualization.drawing import jpeg_bytes
from mmavl.visualization.media import flac_bytes

_PAGES = Path(__file__).with_name('pages')


@dataclass(frozen=True)
class Embedded:
    """A picture or a sound embedded in a page.

    Attributes:
        label (str): Its description.
        url (str): A URL with all its data; empty if it cannot be shown.
        width (int, optional): Width of a picture in pixels.
        problem (str): Why it cannot be shown.
    """

    label: str
    url: str = ''
    width: int | None = None
    problem: str = ''


def write_page(template: str, out: str | Path, **values: Any) -> None:
    """Write a page; it loads no other files, so it can be mailed or archived.

    Args:
        template (str): The template's file in ``mmavl/reports/pages``.
        out (str | Path): The file to write.
        **values: The template's variables.

    Raises:
        OSError: The page cannot be written.
    """
    now = datetime.now().strftime('%Y-%m-%d %H:%M')
    text = render(_PAGES / template, version=mmavl.__version__, now=now, **values)
    with atomic_write(out) as file:
        file.write(text)


def picture(path: Path, label: str) -> Embedded:
    """A picture file as JPEG; or a problem if it cannot be read, which never fails the page."""
    if not path.is_file():
        return Embedded(label, problem=f'The picture {path} is no longer there.')
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert('RGB'))
    except Exception as error:
        problem = f'The picture {path} cannot be read ({error_line(error)}).'
        return Embedded(label, problem=problem)
    return Embedded(label, data_url('image/jpeg', jpeg_bytes(pixels)), pixels.shape[1])


def sound(folder: Path, file: str, label: str) -> Embedded:
    """A sound file of a folder as FLAC; with its problem if it cannot be read."""
    try:
        return Embedded(label, data_url('audio/flac', flac_bytes(folder / file)))
    except Exception as error:
        problem = f'The sound {file} cannot be read ({error_line(error)}).'
        return Embedded(label, problem=problem)


def data_url(kind: str, data: bytes) -> Markup:
    """A URL that contains all the data."""
    return Markup(f'data:{kind};base64,{base64.b64encode(data).decode()}')


def listening_script() -> str:
    """A script that lets only one sound of a page play at a time; included once per page."""
    return f'<script>{(_PAGES / "listen.js").read_text(encoding="utf-8")}</script>'
