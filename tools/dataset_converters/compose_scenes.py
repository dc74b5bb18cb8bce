"""Compose scenes of your own pictures and recordings, with boxes and separate sources.

Each class is a sub-folder of both folders, of the same name: PICTURES/dog/rex.jpg and
SOUNDS/dog/bark.wav. Pictures are cut-outs (PNG with alpha), or photographs on plain ground, which
are cut out. Continues where it was interrupted. The tool's page: docs/datasets/own_scenes.md.

    python tools/dataset_converters/compose_scenes.py --pictures PICTURES --sounds SOUNDS \\
        --out data/own_scenes
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mmavl.datasets.manifest import read_manifest
from mmavl.errors import DataError
from mmavl.preparation.converters.report import Report
from mmavl.preparation.own_scenes.compose import AUGMENTATIONS, Composition
from mmavl.preparation.own_scenes.sheets import write_materials_sheet, write_scenes_sheet
from mmavl.scenes.frame import FrameStyle
from mmavl.scenes.plan import SAME_FAMILY_SHARE, SILENT_SHARE
from mmavl.utils.names import one_line, print_any_text

SIZES = {'train': 4000, 'val': 140, 'test': 430}
#: Findings that are printed; report.json has all.
_PRINTED = 20


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('--pictures', type=Path, required=True, help='folder of a folder of pictures per class')
    add('--sounds', type=Path, required=True, help='folder of a folder of recordings per class')
    add('--out', type=Path, default=Path('data/own_scenes'), help='data root')
    add('--backgrounds', type=Path, help='folder of photographs; default: random clouds')
    add('--classes', nargs='+', default=[], help='take these alone, in this order')
    add(
        '--families',
        nargs='+',
        type=_family,
        default=[],
        metavar='NAME=A,B',
        help='classes that look or sound alike, or one JSON file {"NAME": ["A", "B"]}',
    )
    add('--splits', nargs='+', choices=SIZES, default=list(SIZES), metavar='SPLIT')
    add(
        '--sizes',
        nargs='+',
        type=_size,
        default=[],
        metavar='SPLIT=N',
        help=f'scenes of a split; defaults: {" ".join(f"{k}={v}" for k, v in SIZES.items())}',
    )
    add('--seed', type=int, default=0, help='another one gives other scenes of the same material')
    add(
        '--sounding',
        nargs='+',
        type=_share,
        default=[],
        metavar='SHARE',
        help='scenes with one, two, ... sounding objects, as shares; default .5 .35 .15',
    )
    add('--silent', type=_share, default=SILENT_SHARE, help='share of scenes with a silent object')
    add(
        '--same-family',
        type=_share,
        default=SAME_FAMILY_SHARE,
        help="share of these in which it is of a sounding one's family",
    )
    add('--side', type=int, default=FrameStyle.side, help='of the frames, in pixels')
    add(
        '--object-size',
        nargs=2,
        type=_share,
        default=(FrameStyle.smallest, FrameStyle.largest),
        metavar=('LEAST', 'MOST'),
        help="longer side of the objects, in parts of the frame's",
    )
    _add_effects(add)
    add('--workers', type=int, default=os.cpu_count())
    add('--limit', type=float, default=Composition.limit, help='seconds that a file may take')
    args = parser.parse_args()
    _check(parser, args)
    return args


def _add_effects(add: Callable) -> None:
    add('--augment', nargs='+', choices=AUGMENTATIONS, default=[], help='each in half the scenes')
    add('--impulse-responses', type=Path, help='recorded rooms for --augment reverb')
    add('--noise', type=Path, help='recorded noise for --augment noise; default: pink noise')


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    for kind, effect in (('impulse_responses', 'reverb'), ('noise', 'noise')):
        if getattr(args, kind) and effect not in args.augment:
            parser.error(f'--{kind.replace("_", "-")} needs --augment {effect}')
    if not 0 < args.object_size[0] <= args.object_size[1]:
        parser.error('--object-size needs 0 < LEAST <= MOST')
    if args.side < 32:
        parser.error('--side must be 32 or more')
    if args.sounding and not sum(args.sounding):
        parser.error('--sounding needs a share above 0')


def _size(text: str) -> tuple[str, int]:
    split, _, number = text.partition('=')
    if split not in SIZES or not number.isdecimal() or int(number) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} must be SPLIT=N with SPLIT in {list(SIZES)}')
    return split, int(number)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not from 0 to 1')
    return share


def _family(text: str) -> dict[str, list[str]]:
    name, sign, members = text.partition('=')
    if sign:
        return {name: members.split(',')}
    try:
        families = json.loads(Path(text).read_text(encoding='utf-8'))
        for names in families.values():
            if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
                raise ValueError('a family is a list of names')
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not NAME=A,B, nor a JSON file of families ({error})'
        ) from error
    return families


def composition_of(args: argparse.Namespace) -> Composition:
    """The data set that the options describe."""
    kinds = ('pictures', 'sounds', 'backgrounds', 'impulse_responses', 'noise')
    folders = {k.replace('_', '-'): getattr(args, k) for k in kinds if getattr(args, k)}
    sizes = SIZES | dict(args.sizes)
    return Composition(
        folders,
        args.out,
        {split: sizes[split] for split in SIZES if split in args.splits},
        args.seed,
        args.classes,
        {name: names for family in args.families for name, names in family.items()},
        args.sounding,
        args.silent,
        args.same_family,
        args.augment,
        FrameStyle(args.side, *args.object_size),
        args.workers,
        args.limit,
    )


def main() -> None:
    print_any_text()
    args = parse_args()
    report = Report()
    try:
        build(composition_of(args), report)
    except (DataError, OSError) as error:
        show(report, args.out)
        sys.exit('\n'.join(map(one_line, f'error: {error}'.split('\n'))))
    except KeyboardInterrupt:
        print('interrupted: run the same command again to continue', file=sys.stderr)
        sys.exit(130)
    show(report, args.out)


def build(composition: Composition, report: Report) -> None:
    materials = composition.gather(report)
    write_materials_sheet(composition.out / 'materials.png', materials)
    start, entries = time.monotonic(), []
    for spec, counts in composition.build(materials):
        entries += read_manifest(composition.out / f'{spec.split}.json')['data_list']
        levels = [counts[f'level {n + 1}'] for n in range(len(spec.levels))]
        print(
            f'{spec.split}: {spec.size} scenes ({" / ".join(map(str, levels))} with '
            f'{" / ".join(str(n + 1) for n in range(len(levels)))} sounding), '
            f'{counts["silent"]} with a silent object, in {counts["same family"]} of the same '
            f'family ({time.monotonic() - start:.0f} s)'
        )
        start = time.monotonic()
    write_scenes_sheet(composition.out / 'scenes.png', composition.out, entries)
    print(f'look at {composition.out / "materials.png"} and scenes.png before you train')


def show(report: Report, out: Path) -> None:
    """Print what could not be used, and write it to report.json."""
    if not report.findings:
        (out / 'report.json').unlink(missing_ok=True)  # of an earlier run
        return
    for finding in report.findings[:_PRINTED]:
        print(one_line(finding.detail))
    report.write(out / 'report.json')
    print(f'files that are not used: {len(report.findings)}, see {out / "report.json"}')


if __name__ == '__main__':
    main()
