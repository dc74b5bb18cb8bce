"""Measure the time to separate a recording: ``benchmark_separation.py CONFIG``.

python tools/analysis/benchmark_separation.py configs/separation_scenes.py --seconds 60 --sources 2

The weights do not affect the time, so random ones are used.
"""

import argparse
import platform
import time

import torch
from mmengine.registry import init_default_scope

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import config_errors, load_config
from mmavl.engine.user_errors import clear_errors
from mmavl.registry import MODELS
from mmavl.utils.autocast import Precision
from mmavl.utils.options import add_dtype_option


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config')
    parser.add_argument('--seconds', type=float, default=60.0, help='default: 60')
    parser.add_argument('--rate', type=int, default=44100, help='in Hz; default: 44100')
    parser.add_argument('--sources', type=int, default=2, help='default: 2')
    parser.add_argument('--frames', type=int, default=1, help='of the video; default: 1')
    parser.add_argument('--size', type=int, default=256, help='of a frame; default: 256')
    parser.add_argument('--batch-size', type=int, default=4, help='windows; default: 4')
    parser.add_argument('--device', default='cpu')
    add_dtype_option(parser)
    parser.add_argument('--threads', type=int, help="of torch; default: torch's own")
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    init_default_scope('mmavl')
    with clear_errors():
        cfg = load_config(args.config, args.cfg_options)
        with config_errors(cfg, 'model'):
            model = MODELS.build(cfg.model)
    precision = Precision.choose(args.dtype, args.device)
    model = precision.prepare(model.to(args.device).eval())
    torch.manual_seed(0)
    wave = 0.1 * torch.randn(round(args.seconds * args.rate))
    frames = torch.randint(0, 256, (args.frames, 3, args.size, args.size), dtype=torch.uint8)
    labels = list(range(args.sources))
    with precision.autocast():
        model.separate(wave[: 6 * args.rate], args.rate, frames[:1], labels)  # warms up
        wall, cpu = time.perf_counter(), time.process_time()
        waves = model.separate(wave, args.rate, frames, labels, batch_size=args.batch_size)
        sources = [source.cpu() for source in waves.values()]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f'{platform.machine()}, {args.device}, {torch.get_num_threads()} threads, {precision}')
    print(f'{args.seconds:g} s at {args.rate} Hz -> {len(sources)} sources')
    print(f'{wall:.3g} s elapsed, {cpu:.3g} s of CPU time')


if __name__ == '__main__':
    main()
