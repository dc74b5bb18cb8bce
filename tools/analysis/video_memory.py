"""Measure the memory needed to annotate a video: ``video_memory.py --seconds 60 1800``.

For each length, a video of moving squares and a tone (320 x 240 pixels, 10 frames per second,
AAC) is made and annotated in a separate process. The default model is the quickstart's.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mmavl.utils.options import add_dtype_option

FPS = 10
RATE = 16000


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', nargs='+', type=int, default=[60], help='lengths of videos')
    parser.add_argument('--model', help="config; default: the quickstart's")
    parser.add_argument('--weights', help="default: the quickstart's")
    parser.add_argument('--rate', type=float, default=2.0, help='frames to analyse per second')
    add_dtype_option(parser)
    parser.add_argument('--video', help=argparse.SUPPRESS)  # for the measured process
    return parser.parse_args()


def make_video(path: Path, seconds: int) -> None:
    """Write a video with interleaved pictures and sound."""
    with av.open(str(path), 'w') as container:
        video = container.add_stream('libx264', rate=FPS, options={'preset': 'ultrafast'})
        video.width, video.height, video.pix_fmt = 320, 240, 'yuv420p'
        sound = container.add_stream('aac', rate=RATE, layout='mono')
        tone = (np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) / 2).astype(np.float32)[None]
        for second in range(seconds):
            for number in range(second * FPS, (second + 1) * FPS):
                pixels = np.full((240, 320, 3), 60, np.uint8)
                left = number * 3 % 260
                pixels[90:150, left : left + 60] = 220
                frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                container.mux(video.encode(frame))
            frame = av.AudioFrame.from_ndarray(tone, format='fltp', layout='mono')
            frame.sample_rate, frame.pts = RATE, second * RATE
            container.mux(sound.encode(frame))
        container.mux(video.encode())
        container.mux(sound.encode())


def annotate(args: argparse.Namespace) -> None:
    """Annotate a video; print its frames, seconds and the peak memory of this process."""
    from mmavl.apis import LocalizationInferencer

    options = {'show_progress': False, 'dtype': args.dtype}
    localize = LocalizationInferencer(args.model, args.weights, **options)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, start_cpu = time.time(), time.process_time()
    out = Path(args.video).with_suffix('.out.mp4')
    frames = localize.annotate(args.video, out, rate=args.rate)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f'{frames} frames in {time.time() - start:.0f} s ({time.process_time() - start_cpu:.0f} s '
        f'of CPU), peak RSS {peak:.0f} MB ({before:.0f} MB with the model loaded)'
    )


def main() -> None:
    args = parse_args()
    if args.video:
        annotate(args)
        return
    options = [f'--rate={args.rate}', f'--dtype={args.dtype}']
    options += [f'--{k}={v}' for k, v in (('model', args.model), ('weights', args.weights)) if v]
    for seconds in args.seconds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'made.mp4')
            make_video(path, seconds)
            command = [sys.executable, __file__, '--video', str(path), *options]
            ended = subprocess.run(command, capture_output=True, text=True)
            if ended.returncode:
                sys.exit(ended.stderr)
            print(f'{seconds} s of video: {ended.stdout.splitlines()[-1]}', flush=True)


if __name__ == '__main__':
    main()
