"""Read thousands of damaged files, and name those that do harm.

A file does harm if its reader raises anything but mmavl's own errors and OSError, takes more than
20 s or more than 1 GB, or kills the process. Each is named with its seed, which makes it again.

    python tools/maintainer/fuzz_files.py --manifests 2500 --checkpoints 600 --tables 1000
    python tools/maintainer/fuzz_files.py --manifests 1 --seed 1234 --keep DIR
"""

import argparse
import contextlib
import json
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from mutations import mutations
from PIL import Image

from mmavl.datasets import AVDataset, SourceDataset
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.datasets.mixture_list import read_mixtures, write_mixtures
from mmavl.engine.checkpoint import checkpoint_metainfo, load_checkpoint, load_state
from mmavl.engine.exported import load_exported, save_exported
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.evaluation import Prediction, read_predictions, write_predictions
from mmavl.models.label_groups import MatrixGroups
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels
from mmavl.utils.safe_pickle import load_arrays

SECONDS = 20
GROWTH = 2**20  # KiB
_ALLOWED = (CheckpointError, ConfigError, DataError, OSError)

CLASSES = ['Cello', 'Flute', 'Piano']
PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'Resize', 'size': [32, 32]},
    {'type': 'CropPadAudio', 'seconds': 0.5, 'crop': 'centre'},
    {'type': 'PackAVInputs'},
]
MODEL = {
    'type': 'CoarseToFine',
    'audio_backbone': {'type': 'CRNN', 'channels': [4, 4, 4, 4, 6]},
    'visual_backbone': {'type': 'CRNN', 'channels': [4, 4, 4, 4, 6]},
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 3, 'in_channels': 12, 'hidden': 3},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 3, 'in_channels': 6},
    'disentangler': {'type': 'GradCAMDisentangler'},
    'data_preprocessor': {
        'type': 'AVDataPreprocessor',
        'spectrogram': {'type': 'LogMelSpectrogram', 'sample_rate': 8000, 'n_mels': 16},
    },
}


class Target(NamedTuple):
    """A kind of file: what writes whole ones into a folder, and what reads one.

    ``read`` gets the path of a changed file, which lies in the folder of the whole ones.
    """

    write: Callable[[Path], list[Path]]
    read: Callable[[Path], None]


def write_manifests(folder: Path) -> list[Path]:
    """A manifest of three clips, with all that an entry can have, and their media."""
    entries = []
    for index in range(3):
        soundfile.write(folder / f'{index}.wav', np.full(4000, 0.1 * (1 + index)), 8000)
        Image.new('RGB', (16, 8)).save(folder / f'{index}.png')
        sounding = [{'bbox': [0.1, 0.2, 0.3, 0.4], 'label': 'Cello', 'sounding': True}]
        entry = {
            'clip_id': f'c{index}',
            'audio': f'{index}.wav',
            'frames': [f'{index}.png'] * 2,
            'fps': 2,
            'duration': 0.5,
            'tags': ['Cello'] if index else {'Cello': 0.9, 'wind': 0.2},
            'visual_tags': ['Cello', 'Flute'],
            'sources': {'Cello': f'{index}.wav'},
            'boxes': {'0': sounding, '1': []},
            'annotators': [[10, 20, 100, 200]],
        }
        entries.append(entry)
    meta = {'dataset': 'toy', 'split': 'train', 'classes': CLASSES, 'format_version': 1}
    meta['groups'] = {'strings': ['Cello'], 'wind': ['Flute'], 'keys': ['Piano']}
    path = folder / 'manifest.json'
    path.write_text(json.dumps({'metainfo': meta, 'data_list': entries}))
    return [path]


def read_one_manifest(path: Path) -> None:
    """Everything that is done with a manifest, up to a sample of each dataset."""
    errors = []
    for step in (
        lambda: check_manifest(read_manifest(path), path.parent),
        lambda: _sample(AVDataset, path, frame='annotated'),
        lambda: _sample(AVDataset, path, tag_level='group', frame='random'),
        lambda: _sample(SourceDataset, path),
    ):
        try:
            step()
        except _ALLOWED as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _sample(kind: type, path: Path, **options) -> None:
    with DefaultScope.overwrite_default_scope('mmavl'):
        dataset = kind(
            path.name, data_root=str(path.parent), pipeline=PIPELINE, test_mode=True, **options
        )
        _ = dataset[0], dataset[len(dataset) - 1]


def write_checkpoints(folder: Path) -> list[Path]:
    """A checkpoint, a bare state dict in either format of torch, an exported model."""
    cfg = Config({'model': MODEL, 'test_dataloader': {'dataset': {'pipeline': PIPELINE}}})
    state = _model().state_dict()
    meta = {'epoch': 3, 'dataset_meta': {'classes': CLASSES}}
    torch.save({'state_dict': state, 'meta': meta}, folder / 'a.pth')
    torch.save(state, folder / 'b.pth')
    torch.save(state, folder / 'c.pth', _use_new_zipfile_serialization=False)
    save_exported(folder / 'd.safetensors', cfg, state, CLASSES)
    return [
        folder / name for name in ('a.pth', 'b.pth', 'c.pth', 'd.safetensors', 'd.safetensors')
    ]


def _model() -> torch.nn.Module:
    with DefaultScope.overwrite_default_scope('mmavl'):
        return MODELS.build(MODEL)


def read_one_checkpoint(path: Path) -> None:
    """Read tensors and classes, fill a model, and build the one that an exported file holds."""
    if path.suffix == '.safetensors':
        model = load_exported(path)
        with torch.no_grad():
            model.data_preprocessor({'inputs': {'waveform': [torch.zeros(8000)]}})
    content = load_checkpoint(path)
    checkpoint_metainfo(content, path)
    load_state(_model(), content['state_dict'], str(path), strict=False)


def write_tables(folder: Path) -> list[Path]:
    """Mixture list, prediction dump, label lists, matrix and a published pickle."""
    write_mixtures(folder / 'mixtures.json', [[('a', 'Cello', 0.5), ('b', 'Flute')]] * 3, {})
    one = Prediction(
        'x', maps=np.ones((1, 2, 2)), map_labels=[1], gt_tags=[0, 1, 0], boxes=[[0, 0, 1, 1]],
        box_labels=[1], box_sounding=[True], box_families=[-1], box_names=['Flute'],
    )  # fmt: skip
    write_predictions(folder / 'dump.npz', [one], {'classes': CLASSES})
    (folder / 'labels.json').write_text(json.dumps(CLASSES))
    (folder / 'labels.csv').write_text('index,display_name\n0,Cello\n1,"Flute, wood"\n')
    np.save(folder / 'matrix.npy', np.eye(3))
    (folder / 'arrays.pkl').write_bytes(pickle.dumps({'a': np.ones(3)}, protocol=4))
    names = ('mixtures.json', 'dump.npz', 'labels.json', 'labels.csv', 'matrix.npy', 'arrays.pkl')
    return [folder / name for name in names]


def read_one_table(path: Path) -> None:
    """Read a file by its suffix."""
    readers = {'.npz': read_predictions, '.csv': read_labels, '.pkl': load_arrays}
    if path.suffix == '.npy':
        MatrixGroups(str(path), CLASSES)
    elif path.suffix == '.json':
        with contextlib.suppress(ConfigError):
            read_labels(str(path))
        with contextlib.suppress(DataError):
            read_mixtures(path)
    else:
        readers[path.suffix](str(path))


TARGETS = {
    'manifests': Target(write_manifests, read_one_manifest),
    'checkpoints': Target(write_checkpoints, read_one_checkpoint),
    'tables': Target(write_tables, read_one_table),
}


class TooLongError(BaseException):
    """Raised by the clock; nothing that catches Exception may swallow it."""


def read_changed(target: Target, whole: list[Path], seed: int) -> tuple[str, str]:
    """Change one file and read it.

    Returns:
        tuple: 'read', 'refused' or 'harm', and what harm.
    """
    source = whole[seed % len(whole)]
    path = source.with_name(f'changed{source.suffix}')
    path.write_bytes(mutations(source.read_bytes(), seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.alarm(SECONDS)
    try:
        target.read(path)
        outcome = 'read', ''
    except _ALLOWED as error:
        outcome = 'refused', str(error)
    except TooLongError:
        outcome = 'harm', f'more than {SECONDS} s: {traceback.format_exc(limit=-3)}'
    except Exception as error:
        outcome = 'harm', f'{type(error).__name__}: {traceback.format_exc(limit=-4)}'
    finally:
        signal.alarm(0)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    if growth > GROWTH:
        return 'harm', f'{growth / 2**20:.1f} GB more'
    return outcome


def _work(name: str, seeds: range, folder: str, results: 'multiprocessing.Queue') -> None:
    """Read files in a process of its own, with a few GB at most."""
    logging.disable(logging.CRITICAL)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, _end_of_time)
    whole = TARGETS[name].write(Path(folder))
    with open('/proc/self/status') as file:
        data = next(int(line.split()[1]) for line in file if line.startswith('VmData'))
    resource.setrlimit(resource.RLIMIT_DATA, (data * 1024 + 2**32,) * 2)
    for seed in seeds:
        results.put((seed, *read_changed(TARGETS[name], whole, seed)))
    results.put((None, '', ''))


def _end_of_time(*_) -> None:
    raise TooLongError


def fuzz(name: str, seeds: range) -> Iterator[tuple[int, str, str]]:
    """Read one changed file for each seed; what kills or stops its process is harm, too.

    Yields:
        tuple: The seed, 'read', 'refused' or 'harm', and what harm.
    """
    context = multiprocessing.get_context('fork')
    with tempfile.TemporaryDirectory() as folder:
        while seeds:
            results = context.Queue()
            worker = context.Process(target=_work, args=(name, seeds, folder, results))
            worker.start()
            at = seeds.start
            while True:
                try:
                    seed, outcome, message = results.get(timeout=3 * SECONDS)
                except Exception:  # an empty queue: the process is dead or hangs in C
                    worker.kill()
                    worker.join()
                    yield at, 'harm', f'the process died or hung (exit {worker.exitcode})'
                    at += 1
                    break
                if seed is None:
                    at = seeds.stop
                    break
                yield seed, outcome, message
                at = seed + 1
            worker.join()
            seeds = range(at, seeds.stop)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in TARGETS:
        parser.add_argument(f'--{name}', type=int, default=0, metavar='N', help='files to read')
    parser.add_argument('--seed', type=int, default=0, help='the first one (default 0)')
    parser.add_argument('--keep', type=Path, metavar='DIR', help='write the harmful files there')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    harmful = 0
    for name in TARGETS:
        counts: Counter = Counter()
        for seed, outcome, message in fuzz(
            name, range(args.seed, args.seed + getattr(args, name))
        ):
            counts[outcome] += 1
            if outcome == 'harm':
                print(f'{name} {seed}: {message}', flush=True)
                if args.keep:
                    keep(name, seed, args.keep)
        if counts:
            print(f'{name}: ' + ', '.join(f'{counts[o]} {o}' for o in ('read', 'refused', 'harm')))
        harmful += counts['harm']
    return int(bool(harmful))


def keep(name: str, seed: int, folder: Path) -> None:
    """Write the changed file of a seed."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole = TARGETS[name].write(Path(temporary))
        source = whole[seed % len(whole)]
        changed = mutations(source.read_bytes(), seed)
    (folder / f'{name}_{seed}{source.suffix}').write_bytes(changed)


if __name__ == '__main__':
    sys.exit(main())
