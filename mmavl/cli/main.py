"""The command's arguments. Slow imports are left to the subcommands."""

import argparse
import os
import sys
from collections.abc import Sequence

from mmavl import __version__
from mmavl.utils.names import print_any_text
from mmavl.utils.options import add_dtype_option

from .arguments import count, positive
from .check import add_check_arguments, run_check
from .demo import add_demo_arguments, run_demo
from .ending import INTERRUPTED
from .evaluate import run_draw_boxes, run_evaluate
from .infer import run_inference
from .listing import KINDS, add_list_arguments, run_list
from .new_project import add_new_project_arguments, run_new_project
from .signals import orderly_termination
from .tools import TOOLS, run_tool

_EXAMPLES = """
examples:
  mmavl localize clip.mp4 --out found                   # pictures, JSON and an annotated MP4
  mmavl localize frame.jpg sound.wav folder --out found # a pair, and all clips of a folder
  mmavl localize clip.mp4 --out found --model stage2_scenes_class --weights epoch_16.pth
  mmavl separate clip.mp4 --out found --labels Violin Piano
  mmavl evaluate cases.json --out scored                # on clips with hand-drawn boxes
  mmavl demo                                            # a page in the browser
  mmavl list models 'stage2_*'
  mmavl check train.json val.json test.json work_dirs   # what would change figures unseen
  mmavl leaderboard --data scenes --budget 1 --seeds 3  # all methods side by side
  mmavl experiment runs.yaml                            # your configs, options and seeds
  mmavl new-project my_method                           # a package, a config and tests
  mmavl convert folder my_videos --out data/mine        # a dataset; `mmavl convert` lists more
  mmavl train stage2_scenes --cfg-options train_cfg.max_epochs=2

exit codes:
  0  everything was done
  1  something failed: unusable clips are listed, all other results are complete;
     check has found a problem; list has nothing that matches
  2  nothing was done: an argument, an input, the config or the weights are invalid or missing
  75  a training was asked to stop: it is saved, continue with --resume
  130, 143  interrupted or terminated: results.json lists what was done
"""

_RUN = {
    'check': run_check,
    'demo': run_demo,
    'draw-boxes': run_draw_boxes,
    'evaluate': run_evaluate,
    'localize': run_inference,
    'new-project': run_new_project,
    'separate': run_inference,
}


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    top = argparse.ArgumentParser(
        'mmavl',
        description='Locate sound sources in videos, and separate their sounds.',
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument('--version', action='version', version=f'mmavl {__version__}')
    commands = top.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for name, add, title in (
        ('localize', _add_localize, 'maps, boxes and names of what sounds in clips and videos'),
        ('separate', _add_separate, 'one sound file per class of a clip'),
    ):
        command = commands.add_parser(
            name,
            help=title,
            description=title,
            epilog=_EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add_inference(command)
        add(command)
    _add_evaluate(commands.add_parser('evaluate', help='score a localizer on real clips'))
    drawing = commands.add_parser('draw-boxes', help='write a page for drawing boxes')
    drawing.add_argument('folder', metavar='FOLDER', help='folder of videos, and of the page')
    drawing.add_argument('--every', type=positive, metavar='S',
        help='use a frame every S seconds (default: only the middle one)')  # fmt: skip
    drawing.add_argument('--quiet', action='store_true', help='no progress bar')
    add_demo_arguments(commands.add_parser('demo', help='a demo page in the browser'))
    listing = commands.add_parser('list', help=f'list {", ".join(KINDS)}')
    add_list_arguments(listing)
    checking = commands.add_parser('check', help='mistakes in annotations, lists and runs')
    add_check_arguments(checking)
    project = commands.add_parser('new-project', help='write a package for your own components')
    add_new_project_arguments(project)
    for name, title in TOOLS.items():
        commands.add_parser(name, help=title, add_help=False)
    return top


def _add_inference(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add('inputs', nargs='+', metavar='INPUT', help='a video, a folder, or a picture and a sound')
    add('--out', required=True, metavar='DIR', help='folder for the results')
    _add_model(command, 'real_everyday, or separation_real')
    add('--labels', nargs='+', metavar='NAME', help='classes to process even if not audible')
    add('--json', action='store_true', help='print the content of results.json')


def _add_model(command: argparse.ArgumentParser, default: str) -> None:
    add = command.add_argument
    add(
        '--model',
        metavar='CONFIG',
        help=f'config file, or the name of a config or trained model (default: {default})',
    )
    add('--weights', metavar='FILE', help='checkpoint, or .safetensors file with its config; '
        'default: those trained as described in the docs')  # fmt: skip
    add('--threshold', type=_share, default=0.3, metavar='P',
        help='probability from which a class counts as sounding (default: 0.3)')  # fmt: skip
    add('--batch-size', type=count, default=8, metavar='N', help='batch size (default: 8)')
    add('--device', help='e.g. cpu or cuda:0; default: the best available')
    add_dtype_option(command)
    add('--quiet', action='store_true', help='no progress bars')


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add('cases', metavar='CASES.json', help='clips and boxes, see docs/real_clips.md')
    add('--out', metavar='DIR', help='folder for evaluation.json and a picture of all cases')
    _add_model(command, 'real_everyday')
    add('--pairs', type=count, metavar='N', help='also show frames of two clips side by side, '
        "with the sound of one: N pairs from one family, N from different ones")  # fmt: skip
    add('--json', action='store_true', help='print evaluation.json instead of the table')


def _add_localize(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add('--no-video', action='store_true', help='only use the middle frame of each video')
    add('--rate', type=positive, default=2.0, metavar='HZ',
        help='frames to analyse per second of video (default: 2)')  # fmt: skip
    add('--smoothing', type=_not_negative, default=1.0, metavar='S',
        help='seconds to average over in both directions (default: 1)')  # fmt: skip
    add('--max-side', type=count, default=640, metavar='PIXELS',
        help='longest side of the annotated video (default: 640)')  # fmt: skip
    add('--frame-rate', type=positive, metavar='HZ',
        help='maximum frame rate of the annotated video')  # fmt: skip


def _add_separate(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        '--num-sources',
        type=count,
        default=2,
        metavar='N',
        help='for blind models (default: 2)',
    )
    command.add_argument(
        '--sources',
        nargs='+',
        type=_source,
        metavar='NAME=PLACE',
        help='guide of each source: a box LEFT,TOP,RIGHT,BOTTOM (pixels) or a picture',
    )


def _source(text: str) -> tuple[str, str | tuple[float, ...]]:
    name, _, place = text.partition('=')
    if not name or not place:
        raise argparse.ArgumentTypeError(f'{text!r} is not NAME=PLACE')
    try:
        return name, tuple(float(value) for value in place.split(','))
    except ValueError:
        return name, place


def _number(text: str, least: float, most: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float('nan')
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f'{text!r} is not {what}')
    return value


def _share(text: str) -> float:
    return _number(text, 0, 1, 'from 0 to 1')


def _not_negative(text: str) -> float:
    return _number(text, 0, 1e6, 'a number from 0 on')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv (Sequence[str], optional): Defaults to the program's arguments.

    Returns:
        int: The exit code, see ``mmavl --help``.
    """
    print_any_text()
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return INTERRUPTED


def _run(argv: list[str]) -> int:
    if argv and argv[0] in TOOLS:
        return run_tool(argv[0], argv[1:])
    args = parser().parse_args(argv)
    if args.command == 'list':
        try:
            return run_list(args)
        except BrokenPipeError:  # e.g. `mmavl list models | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    with orderly_termination():
        return _RUN[args.command](args)
