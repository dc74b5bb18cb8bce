"""Measure the cost of converting clips: processor time and disk space for 1000 clips.

Converts copies of the given videos in this process, and extrapolates linearly. For n idle
cores, divide the processor time by n. Decoding dominates, so use videos like yours.

    python tools/analysis/time_conversion.py audioset_instrument my.mp4 other.webm --clips 50
"""

import argparse
import tempfile
import time
from pathlib import Path

from mmavl.preparation.converters import audioset, flickr, music
from mmavl.preparation.converters.index import Source
from mmavl.preparation.converters.jobs import Conversion, Place
from mmavl.preparation.converters.media import ClipJob

SPECS = {
    'audioset_instrument': audioset.SPEC,
    'soundnet_flickr': flickr.SPEC,
    'music': music.SPEC,
}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('dataset', choices=SPECS)
    parser.add_argument('videos', nargs='+')
    parser.add_argument('--clips', type=int, default=50)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    jobs = [
        ClipJob(f'clip{i}', 'x', Source(video=args.videos[i % len(args.videos)]), begin=0.0)
        for i in range(args.clips)
    ]
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        outcomes = Conversion(Place(Path(folder)), SPECS[args.dataset]).run(jobs, args.dataset)
        spent = time.process_time() - start
        written = sum(p.stat().st_size for p in Path(folder, 'x').rglob('*') if p.is_file())
    bad = [outcome.detail for outcome in outcomes.values() if outcome.cause]
    if bad:
        raise SystemExit(f'error: {len(bad)} of {len(jobs)} clips cannot be used: {bad[0]}')
    seconds = sum(outcome.seconds for outcome in outcomes.values())
    print(
        f'{args.dataset}: {len(jobs)} clips, {seconds:.0f} s in total: {spent:.1f} s of '
        f'processor time and {written / 1e6:.1f} MB; for 1000: '
        f'{spent / len(jobs) * 1000 / 60:.1f} minutes and {written / len(jobs) / 1e6:.2f} GB'
    )


if __name__ == '__main__':
    main()
