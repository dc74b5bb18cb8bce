"""``mmavl demo``: the demo page in the browser."""

import argparse
import sys
import warnings

from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.options import add_dtype_option

from .ending import REFUSED, end
from .refusals import check_model


def add_demo_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options of the models and the server."""
    add = command.add_argument
    add('--model', metavar='CONFIG', help='config file or its name (default: real_everyday)')
    add('--weights', metavar='FILE', help='checkpoint, or .safetensors file with its config')
    add('--separator', metavar='FILE', help='weights of a separator; default: no separation')
    add('--separator-model', metavar='CONFIG',
        help='its config or the name of one (default: separation_scenes)')  # fmt: skip
    add('--examples', metavar='MANIFEST',
        help="example scenes; default: InstrumentScenes' test scenes, if built")  # fmt: skip
    add('--rate', type=float, default=2.0, metavar='HZ',
        help='frames to analyse per second of video (default: 2)')  # fmt: skip
    add('--longest', type=float, default=60.0, metavar='S',
        help='maximum length of a clip in seconds (default: 60)')  # fmt: skip
    add('--device', help='e.g. cpu or cuda:0; default: the best available')
    add_dtype_option(command)
    add('--port', type=int, metavar='N', help='default: the first free one from 7860')


def run_demo(args: argparse.Namespace) -> int:
    """Serve the page until interrupted; returns the exit code."""
    warnings.filterwarnings('ignore', category=UserWarning)
    try:
        page = build_page(args)
        page.launch(args.port)
    except (CheckpointError, ConfigError, DataError, OSError, ValueError) as error:
        return end(error, REFUSED)
    except KeyboardInterrupt:
        pass
    return 0


def build_page(args: argparse.Namespace):
    """The page for the command's arguments; missing files are reported before models load."""
    from mmavl.apis.model_names import check_names

    if args.rate <= 0 or args.longest <= 0:
        raise ValueError(f'--rate {args.rate:g} and --longest {args.longest:g} must be above 0')
    check_model(args)
    check_names(args.separator_model, args.separator)
    from mmavl.demo.page import Page, import_gradio

    import_gradio()
    from mmavl.apis import LocalizationInferencer, SeparationInferencer
    from mmavl.demo.analysis import Analyst
    from mmavl.demo.examples import find_scenes, list_examples

    scenes = args.examples or find_scenes()
    examples = list_examples(scenes) if scenes else []
    common = {'device': args.device, 'dtype': args.dtype, 'show_progress': False}
    localizer = LocalizationInferencer(args.model, args.weights, **common)
    print('\n'.join(localizer.remarks), file=sys.stderr)
    separator = None
    if args.separator or args.separator_model:
        model = args.separator_model or 'separation_scenes'
        separator = SeparationInferencer(model, args.separator, **common)
    return Page(Analyst(localizer, separator, args.rate, args.longest), examples)
