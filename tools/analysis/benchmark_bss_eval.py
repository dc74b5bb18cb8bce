"""Compare the speed and results of ``bss_eval`` and mir_eval on a batch of mixtures.

python tools/analysis/benchmark_bss_eval.py
python tools/analysis/benchmark_bss_eval.py --batch 32 --seconds 6 --threads 1
"""

import argparse
import platform
import time
import warnings

import torch
from torch import Tensor

from mmavl.evaluation.functional import bss_eval


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--batch', type=int, default=64, help='mixtures; default: 64')
    parser.add_argument('--sources', type=int, default=2, help='per mixture; default: 2')
    parser.add_argument('--seconds', type=float, default=6.0, help='per mixture; default: 6')
    parser.add_argument('--rate', type=int, default=11025, help='in Hz; default: 11025')
    parser.add_argument('--oracle', type=int, default=4, help='mixtures for mir_eval; default: 4')
    parser.add_argument('--threads', type=int, help="torch threads; default: torch's choice")
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def make_batch(args: argparse.Namespace) -> tuple[Tensor, Tensor]:
    """Coloured noise of varying loudness, and estimates with leakage and noise: [B, n, T] each."""
    torch.manual_seed(args.seed)
    length = round(args.seconds * args.rate)
    shape = (args.batch, args.sources)
    sources = torch.randn(*shape, length + 3, dtype=torch.float64).unfold(-1, 4, 1).mean(-1)
    loudness = torch.rand(*shape, 12, dtype=torch.float64).repeat_interleave(length // 12 + 1, -1)
    sources = sources * loudness[..., :length]
    return sources, sources + 0.2 * sources.roll(1, 1) + 0.05 * torch.randn_like(sources)


def main() -> None:
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # mir_eval's function is deprecated
        from mir_eval.separation import bss_eval_sources
    sources, estimates = make_batch(args)
    bss_eval(sources[:2], estimates[:2])  # loads libraries
    started = _clocks()
    figures = bss_eval(sources, estimates)
    ours = (_clocks() - started) / args.batch
    expected, started = [], _clocks()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for pair in zip(sources[: args.oracle].numpy(), estimates[: args.oracle].numpy()):
            figures = bss_eval_sources(*pair, compute_permutation=False)[:3]
            expected.append(torch.tensor([list(map(float, figure)) for figure in figures]))
    theirs = (_clocks() - started) / args.oracle
    our_figures = torch.stack(figures, 1)[: args.oracle]
    difference = (our_figures - torch.stack(expected).double()).abs().max().item()
    print(f'{platform.machine()}, {torch.get_num_threads()} threads, {args.batch} mixtures of')
    print(f'{args.sources} sources, {args.seconds:g} s at {args.rate} Hz')
    print('                elapsed   CPU time, ms per mixture')
    print(f'mir_eval     {theirs[0]:10.1f} {theirs[1]:10.1f}   (without permutations)')
    print(f'bss_eval     {ours[0]:10.1f} {ours[1]:10.1f}')
    ratio = theirs / ours
    print(f'speed-up    {ratio[0]:10.1f} {ratio[1]:10.1f}')
    print(f'figures differ by at most {difference:.1e} dB')


def _clocks() -> Tensor:
    """Milliseconds of wall and CPU time; the latter is more meaningful on a busy machine."""
    return 1e3 * torch.tensor([time.perf_counter(), time.process_time()], dtype=torch.float64)


if __name__ == '__main__':
    main()
