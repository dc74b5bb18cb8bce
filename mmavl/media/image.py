"""Reading picture files as uint8 RGB arrays."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps

from mmavl.errors import DataError

from .container import MOST_PIXELS, decoding_errors, require_file

#: Formats that Pillow may decode. EPS, for example, would execute a program.
_DECODERS = (
    'AVIF', 'BMP', 'DIB', 'GIF', 'JPEG', 'JPEG2000', 'PNG', 'PPM', 'TGA', 'TIFF', 'WEBP',
)  # fmt: skip
_DEEP_MODES = ('I', 'F', 'I;16', 'I;16B', 'I;16L', 'I;16N')


def read_image(path: str) -> np.ndarray:
    """Read an image file, rotated upright by its EXIF orientation.

    Pictures with more than 8 bits are scaled to 8, see :func:`to_eight_bits`. Transparent parts
    become white. For an animation, the first frame is read.

    Args:
        path (str): A BMP, GIF, JPEG, JPEG 2000, PNG, PPM, TGA, TIFF, WebP or AVIF file.

    Returns:
        np.ndarray: uint8 RGB [H, W, 3].

    Raises:
        DataError: The file is missing, empty, truncated, not an image, or has over 67 megapixels.
    """
    with _opened(path) as image:
        image = _upright(path, image)
        if image.mode in _DEEP_MODES:
            return _grey(path, image)
        if image.has_transparency_data:
            image = image.convert('RGBA')
            image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
        return np.array(image.convert('RGB'))


def read_image_with_alpha(path: str) -> np.ndarray:
    """Like :func:`read_image`, with the alpha channel.

    Returns:
        np.ndarray: uint8 RGBA [H, W, 4]; alpha is 255 if the file has none.

    Raises:
        DataError: See :func:`read_image`.
    """
    with _opened(path) as image:
        image = _upright(path, image)
        if image.mode in _DEEP_MODES:
            grey = _grey(path, image)
            return np.dstack([grey, np.full(grey.shape[:2], 255, np.uint8)])
        return np.array(image.convert('RGBA'))


def _upright(path: str, image: Image.Image) -> Image.Image:
    if image.width * image.height > MOST_PIXELS:
        raise DataError(
            f'{path} has {image.width} x {image.height} pixels, and at most '
            f'{MOST_PIXELS // 10**6} megapixels are read: reduce it'
        )
    return ImageOps.exif_transpose(image)


def _grey(path: str, image: Image.Image) -> np.ndarray:
    grey = to_eight_bits(path, np.asarray(image))
    return np.repeat(grey[..., None], 3, axis=2)


def read_image_size(path: str) -> tuple[int, int]:
    """Width and height of an image file, upright by its EXIF orientation; decodes nothing.

    Raises:
        DataError: The file is missing, empty or not an image.
    """
    with _opened(path) as image:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
        turned = turned and image.format != 'TIFF'  # for which Pillow returns the upright size
        return image.size[::-1] if turned else image.size


def to_eight_bits(path: str, pixels: np.ndarray) -> np.ndarray:
    """Scale pixels of more than 8 bits.

    The scale depends on the values: floats up to 1 are relative to white, integers up to 255 are
    8-bit values, up to 65535 16-bit values; anything else is stretched from its minimum to its
    maximum.

    Args:
        path (str): The file, for the error.
        pixels (np.ndarray): Integers or floats, [H, W].

    Returns:
        np.ndarray: uint8 [H, W].

    Raises:
        DataError: A pixel is nan or inf.
    """
    is_float, bits = np.issubdtype(pixels.dtype, np.floating), 8 * pixels.dtype.itemsize
    pixels = pixels.astype(np.float32)
    least, most = float(pixels.min()), float(pixels.max())
    if not np.isfinite((least, most)).all():
        raise DataError(f'{path} holds pixels that are nan or inf: convert it again')
    if least < 0 or most > 65535:
        pixels -= least
        white = (most - least) or 1.0
    elif is_float and most <= 1:
        white = 1.0
    else:
        white = 255.0 if most <= 255 and bits > 16 else 65535.0
    pixels *= 255 / white
    return np.rint(pixels, out=pixels).astype(np.uint8)


@contextmanager
def _opened(path: str) -> Iterator[Image.Image]:
    require_file(path)
    with decoding_errors(path, 'be read as an image'), warnings.catch_warnings():
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        with Image.open(path, formats=_DECODERS) as image:
            yield image


def resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a picture: averaging pixels if it shrinks, else bilinear.

    Args:
        image (np.ndarray): [H, W] or [H, W, C].
        size (tuple[int, int]): Width and height in pixels.

    Returns:
        np.ndarray: [height, width] or [height, width, C] of the same type.
    """
    shrinks = image.shape[0] * image.shape[1] > size[0] * size[1]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
