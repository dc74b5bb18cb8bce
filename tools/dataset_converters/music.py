"""Convert MUSIC or MUSIC21: from downloaded videos or extracted frames to manifests.

Media are videos, or folders of numbered frames (8 fps) with sound files, named by video id,
anywhere below --media. See docs/datasets/music.md.

    python tools/dataset_converters/music.py --solo MUSIC_solo_videos.json \\
        --duet MUSIC_duet_videos.json --media downloads
    python tools/dataset_converters/music.py --solo MUSIC_solo_videos.json --draw-mixtures FILE
"""

import argparse
import sys
from pathlib import Path

from mmavl.datasets.mixture_list import read_mixtures, write_mixtures
from mmavl.errors import DataError
from mmavl.preparation.converters.mixtures import MUSIC_MIXTURES, TEST_REPEATS, draw_mixtures
from mmavl.preparation.converters.music import SPEC, Music
from mmavl.preparation.converters.options import add_common_options, place_of, run_converter
from mmavl.preparation.converters.report import Report
from mmavl.preparation.published import read_video_list
from mmavl.utils.names import one_line


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--solo', type=Path, required=True, help='the published list of solos')
    parser.add_argument('--duet', type=Path, help='the published list of duets')
    parser.add_argument(
        '--boxes',
        type=Path,
        metavar='DIR',
        help='folder of the published music_solo_boxes.json and music_duet_boxes.json; their '
        'videos are then not used for training',
    )
    parser.add_argument(
        '--mixtures',
        type=Path,
        help='list of test mixtures; default: the one for MUSIC included in mmavl',
    )
    parser.add_argument(
        '--draw-mixtures',
        type=Path,
        metavar='FILE',
        help='only write a list of test mixtures of these solos',
    )
    parser.add_argument('--seed', type=int, default=0, help='for --draw-mixtures')
    add_common_options(parser, 'data/music', SPEC.min_seconds)
    return parser.parse_args()


def convert(args: argparse.Namespace) -> Report:
    boxes = {}
    if args.boxes:
        boxes['solo'] = args.boxes / 'music_solo_boxes.json'
        if args.duet:
            boxes['duet'] = args.boxes / 'music_duet_boxes.json'
    mixtures = read_mixtures(args.mixtures or MUSIC_MIXTURES)
    return Music(place_of(args), args.solo, args.duet, boxes, mixtures).convert()


def draw(args: argparse.Namespace) -> None:
    second = {name: ids[1] for name, ids in read_video_list(args.solo).items() if len(ids) > 1}
    mixtures = draw_mixtures(second, TEST_REPEATS, args.seed)
    metainfo = {'dataset': 'MUSIC', 'split': 'test', 'drawn_with': {'seed': args.seed}}
    write_mixtures(args.draw_mixtures, mixtures, metainfo)


if __name__ == '__main__':
    options = parse_args()
    if options.draw_mixtures:
        try:
            draw(options)
        except (DataError, OSError) as error:
            sys.exit(one_line(f'error: {error}'))
    else:
        run_converter(options, lambda: convert(options))
