"""Two clips put together: their pictures side by side, their sounds added."""

import io
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from mmavl.errors import DataError
from mmavl.media.audio import read_audio
from mmavl.media.image import read_image
from mmavl.utils.files import atomic_write

#: Side of each half of the picture, pixels.
SIDE = 256
_QUALITY = 90


def compose_duet(root: Path, first: str, second: str, target: str) -> float:
    """Write ``{target}.jpg`` and ``{target}.wav``, unless they are there.

    Both pictures are brought to a square. The sum of the sounds, as long as the shorter one, is
    only made softer where it would leave the range.

    Args:
        root (Path): The data root.
        first, second (str): The clips' files without suffix, from the data root.
        target (str): The duet's files without suffix, likewise.

    Returns:
        float: Seconds of sound.

    Raises:
        DataError: A clip's file cannot be read, or their sample rates differ.
        OSError: A file cannot be written.
    """
    picture, sound = root / f'{target}.jpg', root / f'{target}.wav'
    if picture.is_file() and sound.is_file():
        return soundfile.info(sound).duration
    waves, rates = zip(*(read_audio(str(root / f'{clip}.wav')) for clip in (first, second)))
    if rates[0] != rates[1]:
        raise DataError(f'{first}.wav has {rates[0]} Hz and {second}.wav {rates[1]} Hz')
    length = min(map(len, waves))
    mixture = waves[0][:length] + waves[1][:length]
    mixture /= max(1.0, float(np.abs(mixture).max()))
    with atomic_write(sound, 'wb') as file:
        content = io.BytesIO()
        soundfile.write(content, mixture, rates[0], format='WAV', subtype='PCM_16')
        file.write(content.getvalue())
    canvas = Image.new('RGB', (2 * SIDE, SIDE))
    for place, clip in enumerate((first, second)):
        half = Image.fromarray(read_image(str(root / f'{clip}.jpg')))
        canvas.paste(half.resize((SIDE, SIDE), Image.Resampling.BICUBIC), (place * SIDE, 0))
    with atomic_write(picture, 'wb') as file:
        canvas.save(file, format='JPEG', quality=_QUALITY)
    return length / rates[0]


def half_boxes(boxes: np.ndarray, place: int) -> np.ndarray:
    """Boxes of a picture in the left (0) or right (1) half: normalised xyxy [n, 4] -> [n, 4]."""
    scale, shift = np.array([0.5, 1, 0.5, 1]), np.array([0.5, 0, 0.5, 0])
    return boxes * scale + place * shift
