"""A converter of datasets: ``mmavl convert av_example_pairs FOLDER``."""

import argparse
from pathlib import Path

import soundfile

from mmavl.datasets.manifest import write_manifest
from mmavl.errors import DataError


def main(argv: list[str]) -> int:
    """Make a manifest of pictures with sounds of the same name, in a sub-folder per class.

    The entry point in pyproject.toml makes this function a converter.

    Args:
        argv (list[str]): The arguments after the converter's name.

    Returns:
        int: The exit code.

    Raises:
        DataError: There are no pairs, or a file cannot be used.
    """
    parser = argparse.ArgumentParser('mmavl convert av_example_pairs', description=__doc__)
    parser.add_argument('folder', type=Path, help='e.g. with violin/1.jpg and violin/1.wav')
    parser.add_argument('--out', default='train.json', help='manifest, in the folder')
    args = parser.parse_args(argv)
    sounds = {path.with_suffix(''): path for path in args.folder.glob('*/*.wav')}
    pictures = {path.with_suffix(''): path for path in args.folder.glob('*/*.jpg')}
    pairs = sorted(sounds.keys() & pictures.keys())
    if not pairs:
        raise DataError(
            f'{args.folder} has no pictures (.jpg) with sounds (.wav) of the same name'
        )
    clips = [_entry(args.folder, sounds[pair], pictures[pair]) for pair in pairs]
    classes = sorted({pair.parent.name for pair in pairs})
    metainfo = {'dataset': args.folder.resolve().name, 'split': 'train', 'classes': classes}
    manifest = {'metainfo': metainfo, 'data_list': clips}
    write_manifest(args.folder / args.out, manifest, data_root=args.folder)
    print(f'{args.folder / args.out}: {len(clips)} clips of {len(classes)} classes')
    return 0


def _entry(root: Path, sound: Path, picture: Path) -> dict:
    return {
        'clip_id': sound.relative_to(root).with_suffix('').as_posix(),
        'audio': sound.relative_to(root).as_posix(),
        'frames': [picture.relative_to(root).as_posix()],
        'fps': 1,
        'duration': soundfile.info(sound).duration,
        'tags': [sound.parent.name],
    }
