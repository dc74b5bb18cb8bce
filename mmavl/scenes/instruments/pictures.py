"""The pictures of InstrumentScenes: cut-outs with alpha, and photographs as backgrounds."""

import json
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
import resvg_py

from mmavl.errors import DataError
from mmavl.scenes.banks import Picture, PictureBank
from mmavl.scenes.instruments.picture_table import BACKGROUNDS, PICTURES, UNFILLED
from mmavl.scenes.instruments.rcc import read_rcc
from mmavl.scenes.instruments.sources import Materials
from mmavl.scenes.pixels import shrink, trim

_RASTER, _CUTOUT_SIDE, _BACKGROUND_SIDE = 480, 192, 384


def split_names(split: str, available: frozenset[str] | None = None) -> dict[str, list[str]]:
    """Return the names of the pictures of each class in a split.

    A class without a val picture uses those of train. One without a test picture uses those of
    val, else those of train; the dataset card lists these shared pictures.

    Args:
        split: 'train', 'val', 'test' or 'test_shift'.
        available: The available sources, e.g. ``{'gcompris'}``. Defaults to all.
    """
    names = {}
    for label, (train, val, test) in PICTURES.items():
        order = {'train': (train, val, test), 'val': (val, train, test)}.get(
            split, (test, val, train)
        )
        usable = [
            [name for name in part if available is None or name.split(':')[0] in available]
            for part in order
        ]
        names[label] = next((part for part in usable if part), [])
        if not names[label]:
            raise DataError(f'no picture of {label} for {split} in the sources {available}')
    return names


def load_pictures(materials: Materials, split: str) -> PictureBank:
    """Load the pictures of a split; each is read on first use."""
    reader = _reader(materials)
    names = split_names(split, reader.sources)
    cutouts = {
        label: [Picture(name, partial(reader.cutout, name)) for name in part]
        for label, part in names.items()
    }
    return PictureBank(cutouts, reader.backgrounds(split))


@lru_cache(maxsize=1)
def _reader(materials: Materials) -> 'PictureReader':
    return PictureReader(materials)


class PictureReader:
    """Reads pictures from the packages by their names in the picture table."""

    def __init__(self, materials: Materials) -> None:
        self._materials = materials
        self._gcompris = read_rcc(_rcc(materials, 'instruments'))
        self._icons: dict[str, dict] = {}
        emoji = {
            name.removeprefix('@iconify-json/')
            for name in materials.versions
            if name.startswith('@iconify-json/')
        }
        #: The available sources, i.e. names before the colon.
        self.sources = frozenset({'gcompris', 'tuxpaint', 'openclipart', *emoji})

    def cutout(self, name: str) -> np.ndarray:
        """Return a cut-out, trimmed to its opaque part, uint8 BGRA [H, W, 4]."""
        picture = decode(self._bytes(name), name)
        if name in UNFILLED:
            picture = put_on_paper(picture)
        return shrink(trim(picture, name), _CUTOUT_SIDE)

    def photographs(self, split: str) -> list[tuple[str, bytes]]:
        """Return name and file of a split's photographs; of each five, val and test get one."""
        part = {'train': (0, 1, 3), 'val': (2,)}.get(split, (4,))
        photographs = []
        for file in BACKGROUNDS:
            content = read_rcc(_rcc(self._materials, file))
            for path in sorted(content):
                if path.endswith('.webp'):
                    photographs.append((f'{file}:{Path(path).name}', content[path]))
        return [photograph for index, photograph in enumerate(photographs) if index % 5 in part]

    def backgrounds(self, split: str) -> list[Picture]:
        """Return a split's photographs."""
        return [
            Picture(name, partial(background, raw, name)) for name, raw in self.photographs(split)
        ]

    def _bytes(self, name: str) -> bytes:
        source, _, inner = name.partition(':')
        if source == 'gcompris':
            return self._gcompris[f'gcompris/src/activities/instruments/resource/{inner}']
        if source == 'tuxpaint':
            folder = 'usr/share/tuxpaint/stamps/hobbies/music/'
            return self._materials.path('tuxpaint-stamps-default', folder + inner).read_bytes()
        if source == 'openclipart':
            folder = 'usr/share/openclipart/png/recreation/music/'
            return self._materials.path('openclipart-png', folder + inner).read_bytes()
        return self._emoji(source, inner)

    def _emoji(self, source: str, icon: str) -> bytes:
        if source not in self._icons:
            path = self._materials.path(f'@iconify-json/{source}', 'package/icons.json')
            self._icons[source] = json.loads(path.read_text('utf-8'))
        icons = self._icons[source]
        width, height = icons.get('width', 16), icons.get('height', 16)
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
            f'{icons["icons"][icon]["body"]}</svg>'
        ).encode()


def background(raw: bytes, name: str) -> np.ndarray:
    """Decode a photograph to uint8 BGR [H, W, 3], in a size for cropping frames."""
    return shrink(decode(raw, name)[..., :3], _BACKGROUND_SIDE, short=True)


def decode(raw: bytes, name: str) -> np.ndarray:
    """Decode an SVG, PNG, WebP or JPEG file to uint8 BGRA [H, W, 4].

    Raises:
        DataError: The bytes are not a picture.
    """
    if b'<svg' in raw[:4096]:
        raw = bytes(resvg_py.svg_to_bytes(svg_string=raw.decode('utf-8'), width=_RASTER))
    picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise DataError(f'{name} is not a readable picture')
    if picture.dtype == np.uint16:
        picture = (picture // 256).astype(np.uint8)
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGRA)
    return picture if picture.shape[2] == 4 else cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)


def put_on_paper(picture: np.ndarray) -> np.ndarray:
    """Put white behind the areas enclosed by a line drawing, closing gaps in its outline."""
    opaque = (picture[..., 3] > 16).astype(np.uint8)
    bridged = cv2.morphologyEx(opaque, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    outlines, _ = cv2.findContours(bridged, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    paper = cv2.drawContours(np.zeros_like(opaque), outlines, -1, 255, cv2.FILLED)
    alpha = picture[..., 3:].astype(np.float32) / 255
    colour = picture[..., :3] * alpha + 255 * (1 - alpha)
    return np.dstack([colour.round().astype(np.uint8), np.maximum(paper, picture[..., 3])])


def _rcc(materials: Materials, name: str) -> Path:
    return materials.path('gcompris-qt-data', f'usr/share/gcompris-qt/rcc/{name}.rcc')
