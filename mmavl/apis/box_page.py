"""A page for drawing boxes into frames of clips."""

import base64
import json
from pathlib import Path

from tqdm import tqdm

import mmavl.visualization
from mmavl.errors import DataError
from mmavl.media.formats import kind_of
from mmavl.media.video import PictureStream
from mmavl.utils.files import atomic_write
from mmavl.visualization.drawing import fit_image, jpeg_bytes

from .clips import check_path
from .failures import Failure, contained

_HEIGHT = 480


def write_box_page(
    folder: str | Path, every: float | None = None, show_progress: bool = False
) -> tuple[Path, list[Failure]]:
    """Write ``draw_boxes.html`` to a folder of videos: a single file that needs no server.

    The page saves a ``cases.json`` for :func:`mmavl.evaluation.real_clips.read_cases`, with
    paths relative to the folder.

    Args:
        folder (str): The folder of the videos; its subfolders are ignored.
        every (float, optional): Seconds between frames. Defaults to None: only the middle frame.
        show_progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        tuple[Path, list[Failure]]: The page, and the unusable videos.

    Raises:
        DataError: There is no such folder, or it has no usable video.
        ValueError: ``every`` is not above 0.
    """
    if every is not None and not every > 0:
        raise ValueError(f'every={every} must be above 0 seconds')
    folder = check_path(folder, folder=True)
    if not folder.is_dir():
        raise DataError(f'{folder} is a file: give the folder of the videos')
    videos = sorted(p for p in folder.iterdir() if p.is_file() and kind_of(p) == 'video')
    frames: list[dict] = []
    failures: list[Failure] = []
    for path in tqdm(videos, unit='video', disable=not show_progress):
        with contained(path.name, failures):
            frames += _frames(path, every)
    if not frames:
        reason = f': {failures[0].message}' if failures else ''
        raise DataError(f'{folder} has no usable video{reason}')
    template = Path(mmavl.visualization.__file__).with_name('box_page.html')
    text = json.dumps(frames).replace('</', '<\\/')  # a name cannot end the script
    html = template.read_text(encoding='utf-8').replace('/*FRAMES*/[]', text)
    with atomic_write(folder / 'draw_boxes.html') as file:
        file.write(html)
    return folder / 'draw_boxes.html', failures


def _frames(path: Path, every: float | None) -> list[dict]:
    seconds = PictureStream.length_of(str(path))
    count = max(int(seconds / every), 1) if every else 1
    step = every if every and seconds >= every else seconds
    times = [round((number + 0.5) * step, 2) for number in range(count)]
    with PictureStream(str(path)) as pictures:
        return [
            {'file': path.name, 't': time, 'image': _data_uri(image)}
            for time, (_, image) in zip(times, pictures.at(times))
        ]


def _data_uri(image) -> str:
    small = fit_image(image, min(_HEIGHT, image.shape[0]))
    return 'data:image/jpeg;base64,' + base64.b64encode(jpeg_bytes(small)).decode()
