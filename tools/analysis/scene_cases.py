"""Write scenes as cases for mmavl evaluate: one picture, with the sound of each object alone.

Whether a map follows the sound can be tested by changing the sound but not the picture. Each
scene with at least two objects gives a case for each of them: its sound is its own source or, if
it is silent in the scene, the source of its class in the next scene where the class sounds. All
other objects of the picture are then silent. No media are written.

    python tools/analysis/scene_cases.py data/instrument_scenes/val.json scene_cases
    mmavl evaluate scene_cases/relative.json --model stage2_scenes_class --weights epoch_16.pth

``relative.json`` has the cases in which another object of the same family is in the picture,
``no_relative.json`` the others.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmavl.apis.result_files import write_json
from mmavl.datasets.manifest import read_checked_manifest
from mmavl.datasets.media_paths import media_path
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('manifest', type=Path, help='manifest of scenes with boxes and sources')
    parser.add_argument('out', type=Path, help='output folder for the two files of cases')
    return parser.parse_args()


def objects_of(entry: dict) -> list[dict]:
    """The boxes of a scene's only frame; none if a class occurs twice."""
    boxes = entry.get('boxes', {}).get('0', [])
    return boxes if len({box['label'] for box in boxes}) == len(boxes) else []


def solo_sound(entries: Sequence[dict], number: int, label: str) -> str | None:
    """A scene's source of a class, or that of the next scene in which it sounds."""
    for entry in (*entries[number:], *entries[:number]):
        if label in entry.get('sources', {}):
            return entry['sources'][label]
    return None


def mark(item: dict) -> dict:
    """Convert a box of the manifest (x, y, width, height) to a case's, clipped to the frame."""
    x, y, width, height = item['bbox']
    return {
        'label': item['label'],
        'class': item['label'],
        'box': [max(x, 0.0), max(y, 0.0), min(x + width, 1.0), min(y + height, 1.0)],
    }


def cases_of(manifest: dict) -> Iterator[tuple[str, dict]]:
    """(name of the file, case), with paths as in the manifest."""
    groups = manifest['metainfo'].get('groups', {}).values()
    entries = manifest['data_list']
    for number, entry in enumerate(entries):
        objects = objects_of(entry)
        for item in objects:
            others = [other for other in objects if other is not item]
            sound = solo_sound(entries, number, item['label'])
            if not others or sound is None:
                continue
            related = any(
                {item['label'], other['label']} <= set(members)
                for other in others
                for members in groups
            )
            silent = [mark(other) for other in others]
            case = {'file': entry['frames'][0], 'audio': sound, **mark(item)}
            yield 'relative' if related else 'no_relative', {**case, 'silent_boxes': silent}


def main() -> int:
    args = parse_args()
    manifest, root = read_checked_manifest(args.manifest), args.manifest.parent.resolve()
    out = args.out.resolve()  # '..' after a symbolic link has another meaning
    files: dict[str, list[dict]] = {}
    for name, case in cases_of(manifest):
        for key in ('file', 'audio'):
            case[key] = Path(os.path.relpath(media_path(root, case[key]), out)).as_posix()
        files.setdefault(name, []).append(case)
    if not files:
        raise DataError(
            f'{args.manifest} has no scenes with sources and boxes of two objects: '
            'build scenes with compose_scenes.py or instrument_scenes.py'
        )
    args.out.mkdir(parents=True, exist_ok=True)
    for name, cases in files.items():
        write_json(args.out / f'{name}.json', cases)
        print(f'{len(cases)} cases in {args.out / name}.json')
    return 0


if __name__ == '__main__':
    with clear_errors():
        sys.exit(main())
