"""Measure the separation of mixtures by class names: ``separate_pairs.py sounds.json``.

The file is a list of single sounds, {"file": "dog.wav", "class": "Dog", "group": "animal"}, and
of mixtures with references, {"mixture": "m.wav", "sources": {"Dog": "a.wav", "Guitar": "b.wav"}};
paths are relative to it. Sounds of different classes are mixed in pairs at equal loudness,
--count pairs for each pair of groups, and separated by the names of their classes.
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mmavl.apis.model_files import DEFAULT_SEPARATOR, load_model
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
from mmavl.evaluation.functional import bss_eval
from mmavl.evaluation.result_table import Column, ResultTable, Row
from mmavl.evaluation.titles import metric_column
from mmavl.media.audio import read_audio
from mmavl.separators import NMFMFCC
from mmavl.separators.signal import ideal_estimates

#: Root mean square of each sound in a pair.
_LEVEL = 0.05


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('sounds', help='the JSON file')
    parser.add_argument('--model', default=DEFAULT_SEPARATOR, help='default: %(default)s')
    parser.add_argument('--count', type=int, default=12, help='per pair of groups; default: 12')
    parser.add_argument('--seconds', type=float, default=5.0, help='of each sound; default: 5')
    parser.add_argument('--seed', type=int, default=0, help='of the choice of pairs; default: 0')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--quiet', action='store_true', help='no line for each mixture')
    return parser.parse_args()


def read_items(path: str) -> list[dict[str, Any]]:
    """The items of the file, with their paths resolved.

    Raises:
        DataError: It is not such a list; the message names the item.
    """
    folder = Path(path).parent
    try:
        items = json.loads(Path(path).read_text(encoding='utf-8'))
        for item in items:
            if 'mixture' in item:
                item['mixture'] = str(folder / item['mixture'])
                item['sources'] = {k: str(folder / v) for k, v in item['sources'].items()}
            else:
                item['file'], item['class'] = str(folder / item['file']), str(item['class'])
                item.setdefault('group', 'sound')
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(
            f'{path}: {item!r} needs file and class, or mixture and sources'
        ) from error
    except ValueError as error:
        raise DataError(f'{path} is not JSON: {error}') from error
    return items


def choose_pairs(
    sounds: list[dict], count: int, seed: int
) -> Iterator[tuple[str, tuple[dict, dict]]]:
    """Pairs of different classes, at most ``count`` for each pair of groups."""
    groups = defaultdict(list)
    for sound in sounds:
        groups[sound['group']].append(sound)
    names = list(groups)
    for number, first in enumerate(names):
        for second in names[number:]:
            if first == second:
                pairs = [*combinations(groups[first], 2)]
            else:
                pairs = [*product(groups[first], groups[second])]
            pairs = [(a, b) for a, b in pairs if a['class'] != b['class']]
            random.Random(seed).shuffle(pairs)
            yield from ((f'{first} + {second}', pair) for pair in pairs[:count])


def mixtures(
    items: list[dict], args: argparse.Namespace, rate: int
) -> Iterator[tuple[str, str, list[str], Tensor, Tensor]]:
    """For each mixture its group, name, classes, references [2, L] and sound [L]."""
    for item in items:
        if 'mixture' in item:
            sounds = [read_audio(f, rate)[0] for f in (item['mixture'], *item['sources'].values())]
            mixture, *references = _stacked(sounds)
            name = Path(item['mixture']).stem
            yield 'given mixtures', name, [*item['sources']], torch.stack(references), mixture
    made = [item for item in items if 'mixture' not in item]
    for group, pair in choose_pairs(made, args.count, args.seed):
        waves = _stacked([_middle(item['file'], rate, args.seconds) for item in pair])
        level = waves.square().mean(1, keepdim=True).sqrt().clamp_min(1e-8)
        references = _LEVEL * waves / level
        name = ' + '.join(Path(item['file']).stem for item in pair)
        yield group, name, [item['class'] for item in pair], references, references.sum(0)


def _middle(file: str, rate: int, seconds: float):
    return read_audio(file, rate, seconds, lambda length, wanted: (length - wanted) / 2)[0]


def _stacked(waves: list) -> Tensor:
    length = min(map(len, waves))
    return torch.stack([torch.from_numpy(wave[:length]) for wave in waves])


def improvements(references: Tensor, mixture: Tensor, estimates: Tensor) -> tuple[float, float]:
    """SDR and SIR improvement over the mixture in dB, averaged over the sources."""
    both = torch.stack([mixture.expand_as(estimates), estimates])
    sdr, sir, _ = (figure.mean(-1) for figure in bss_eval(references, both))
    return float(sdr[1] - sdr[0]), float(sir[1] - sir[0])


def main() -> None:
    args = parse_args()
    with clear_errors():
        items = read_items(args.sounds)
        model = load_model(args.model, device=args.device)
        rate = model.data_preprocessor.sample_rate
        known = model.dataset_meta['classes']
        blind = NMFMFCC(assignment='oracle', sample_rate=rate)
        rows, spent, duration = defaultdict(list), 0.0, 0.0
        for group, name, classes, references, mixture in mixtures(items, args, rate):
            unknown = [label for label in classes if label not in known]
            if unknown:
                raise DataError(f'{name}: {args.model} has no class {", ".join(unknown)}')
            begin = time.perf_counter()
            waves = model.separate(mixture, rate, labels=classes)
            estimates = {'by name': torch.stack([*waves.values()]).cpu()}
            spent, duration = spent + time.perf_counter() - begin, duration + len(mixture) / rate
            index = torch.zeros(len(classes), dtype=torch.long)
            inputs = {'mixture': mixture[None], 'index': index, 'sources': references}
            estimates['NMF-MFCC, named by the references'] = blind.estimate(inputs)
            estimates['ideal ratio mask'] = ideal_estimates(references, 'ratio', warped=False)
            for row, waves in estimates.items():
                rows[group, row].append(improvements(references, mixture, waves))
            if not args.quiet:
                print(f'{rows[group, "by name"][-1][0]:6.2f} dB  {name}', flush=True)
    print(report(rows).to_markdown())
    print(f'{spent / duration:.2f} s per second of sound, {torch.get_num_threads()} threads')


def report(rows: dict[tuple[str, str], list[tuple[float, float]]]) -> ResultTable:
    """A table of means, and of how many mixtures improve in SDR."""
    lines = []
    for (group, name), figures in rows.items():
        sdr, sir = torch.tensor(figures, dtype=torch.float64).mT
        means = {'sdr_improvement': sdr.mean().item(), 'sir_improvement': sir.mean().item()}
        counts = {'improved': int((sdr > 0).sum()), 'pairs': len(sdr)}
        lines.append(Row(group, {'separated': name, **means, **counts}))
    columns = [Column('separated', 'separated'), metric_column('sdr_improvement')]
    columns += [metric_column('sir_improvement')]
    columns += [Column('improved', 'improved', digits=0, of='pairs')]
    return ResultTable(columns, lines, head='mixtures')


if __name__ == '__main__':
    main()
