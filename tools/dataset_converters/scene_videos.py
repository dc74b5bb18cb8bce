"""Write scenes with one sounding class as videos, in a folder per class.

These are example videos for docs/own_clips.md. Each video has the scene's picture
and sound; existing videos are kept. A scene that cannot be read is reported, and the others are
written.

    python tools/dataset_converters/scene_videos.py data/instrument_scenes/train.json my_videos \
        --classes Accordion Drum Piano --count 60
"""

import argparse
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mmavl.datasets.manifest import read_checked_manifest
from mmavl.datasets.media_paths import media_path
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
from mmavl.media.image import read_image
from mmavl.media.mp4_writer import Mp4Writer
from mmavl.utils.failures import ends_run, error_line
from mmavl.utils.file_names import file_name, require_name
from mmavl.utils.files import atomic_write

_FPS = 5


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('manifest', type=Path)
    parser.add_argument('out', type=Path, help='the folder of videos')
    parser.add_argument('--classes', nargs='+', required=True)
    parser.add_argument('--count', type=int, default=60, help='videos of each class (default 60)')
    return parser.parse_args()


def scenes_of(manifest: dict, name: str, count: int, place: Path) -> list[dict]:
    """The first ``count`` scenes whose only tag is this class."""
    scenes = [entry for entry in manifest['data_list'] if entry.get('tags') == [name]]
    if len(scenes) < count:
        classes = ', '.join(manifest['metainfo']['classes'])
        raise DataError(
            f'{place}: {len(scenes)} clips have the only tag {name!r}, but --count is {count}; '
            f'the classes are {classes}'
        )
    return scenes[:count]


def write_video(path: Path, picture: np.ndarray, sound: Path, seconds: float) -> None:
    """Write a video of a single picture, RGB [H, W, 3]."""
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    with (
        atomic_write(path, 'wb') as file,
        Mp4Writer(file, (width, height), Fraction(_FPS), str(sound)) as video,
    ):
        for index in range(round(seconds * _FPS)):
            video.write(index / _FPS, picture[:height, :width])


def main() -> int:
    args = parse_args()
    manifest, root = read_checked_manifest(args.manifest), args.manifest.parent
    chosen = {name: scenes_of(manifest, name, args.count, args.manifest) for name in args.classes}
    work = [(name, entry) for name, entries in chosen.items() for entry in entries]
    failed = 0
    for name, entry in tqdm(work, unit='video'):
        path = args.out / require_name(name, '--classes') / f'{file_name(entry["clip_id"])}.mp4'
        try:
            if not path.exists():
                picture = read_image(media_path(root, entry['frames'][0]))
                sound = Path(media_path(root, entry['audio']))
                write_video(path, picture, sound, entry['duration'])
        except Exception as error:  # one bad scene must not stop the others
            if ends_run(error, args.out):
                raise
            failed += 1
            print(f'clip {entry["clip_id"]!r}: {error_line(error)}', file=sys.stderr)
    print(f'{len(work) - failed} videos in {args.out}{f", {failed} failed" if failed else ""}')
    return 1 if failed else 0


if __name__ == '__main__':
    with clear_errors():
        sys.exit(main())
