"""Contact sheets of the cut-outs and of the composed scenes."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from mmavl.media.image import read_image
from mmavl.preparation.own_scenes.bank import read_prepared
from mmavl.preparation.own_scenes.materials import Material, divide
from mmavl.visualization.contact_sheet import contact_sheet
from mmavl.visualization.drawing import FAINT, INK, PAPER, draw_boxes, fit_text, font, write_png

_TILE, _HEADER, _MOST, _SCENES = 112, 24, 10, 12
#: A colour that few objects have, so that bad edges are visible.
_GROUND = (214, 188, 214)


def write_materials_sheet(path: Path, materials: Sequence[Material]) -> None:
    """Draw up to ten cut-outs per class, with their splits, on a lilac background.

    Args:
        path: A PNG.
        materials: Prepared pictures; other materials are ignored.
    """
    labels = sorted({m.label for m in materials if m.kind == 'pictures'})
    rows = []
    for label in labels:
        cutouts = [m for m in materials if (m.kind, m.label) == ('pictures', label)]
        rows.append(_row(label, cutouts))
    write_png(path, np.vstack(rows))


def _row(label: str, materials: list[Material]) -> np.ndarray:
    splits = {m.name: split for split, part in divide(materials).items() for m in part}
    row = Image.new('RGB', (_TILE * _MOST, _HEADER + _TILE + 14), PAPER)
    draw = ImageDraw.Draw(row)
    face = font(13, bold=True)
    title = fit_text(f'{label}: {len(materials)} pictures', face, row.width - 8)
    draw.text((4, 4), title, INK, face)
    for number, index in enumerate(_spread(len(materials), _MOST)):
        material = materials[index]
        left = number * _TILE
        row.paste(_tile(material.prepared), (left, _HEADER))
        text = f'{splits[material.name]} {Path(material.name).name}'
        draw.text((left + 2, _HEADER + _TILE), fit_text(text, font(9), _TILE - 4), FAINT, font(9))
    return np.asarray(row)


def _tile(path: Path) -> Image.Image:
    picture = cv2.cvtColor(read_prepared(path), cv2.COLOR_BGRA2RGBA)
    cutout = Image.fromarray(picture)
    cutout.thumbnail((_TILE - 6, _TILE - 6))
    tile = Image.new('RGB', (_TILE - 2, _TILE - 2), _GROUND)
    place = (tile.width - cutout.width) // 2, (tile.height - cutout.height) // 2
    tile.paste(cutout, place, cutout)
    return tile


def write_scenes_sheet(path: Path, root: Path, entries: Sequence[dict]) -> None:
    """Draw up to twelve scenes, evenly spread, with their boxes.

    Args:
        path: A PNG.
        root: The data root.
        entries: Entries of its manifests.
    """
    rows = [_scene(root, entries[index]) for index in _spread(len(entries), _SCENES)]
    title = f'{root.resolve().name}: {len(rows)} of {len(entries)} scenes'
    sheet = contact_sheet(rows, columns=4, title=title, legend=['sounding', 'silent'])
    write_png(path, sheet)


def _scene(root: Path, entry: dict) -> np.ndarray:
    image = read_image(str(root / entry['frames'][0]))
    side = image.shape[0]
    boxes = []
    for box in entry['boxes']['0']:
        x, y, width, height = (side * value for value in box['bbox'])
        boxes.append(((x, y, x + width, y + height), box['sounding'], box['label']))
    return np.pad(draw_boxes(image, boxes), ((4, 4), (4, 4), (0, 0)), constant_values=255)


def _spread(count: int, most: int) -> list[int]:
    return [int(n) for n in np.linspace(0, count - 1, min(count, most)).round()]
