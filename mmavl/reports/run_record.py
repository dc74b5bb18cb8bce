"""The records in a run's work directory, for reports: JSON only, nothing that is executed."""

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import mmengine
import numpy as np
import torch
from mmengine import Config

import mmavl
from mmavl.errors import DataError
from mmavl.utils.autocast import Precision
from mmavl.utils.components import component_name
from mmavl.utils.files import atomic_write
from mmavl.utils.shipped import shipped

#: Folder in a work directory with train.json, and <split>.json for each tested split.
FOLDER = 'results'


@dataclass
class Run:
    """A work directory, as used by a report.

    Attributes:
        name (str): The directory's name.
        path (Path): Its path; paths in records are relative to it.
        train (dict, optional): The record of the training.
        tests (list[dict]): The records of the tests, one per split, sorted by name.
        scalars (list[dict]): mmengine's log lines of all (resumed) training runs, in order.
    """

    name: str
    path: Path
    train: dict[str, Any] | None = None
    tests: list[dict[str, Any]] = field(default_factory=list)
    scalars: list[dict[str, float]] = field(default_factory=list)


def describe(cfg: Config) -> dict[str, Any]:
    """Everything needed to repeat a run: command, settings, config, machine."""
    return {
        'command': _command(),
        'started': datetime.now().isoformat(timespec='seconds'),
        'commit': code_commit(),
        'settings': summarise(cfg),
        'config': cfg.pretty_text,
        'config_name': _config_name(cfg),
        'dtype': _dtype(cfg),
        'environment': environment(),
    }


def _command() -> str:
    """The program's command, as it would be typed."""
    program, *arguments = sys.argv
    is_script = Path(program).suffix == '.py'
    return shlex.join([*(['python', program] if is_script else [Path(program).name]), *arguments])


def code_commit() -> str | None:
    """The commit of a checkout of mmavl, with '-dirty' if files have changed; else None."""
    root = Path(mmavl.__file__).parents[1]
    if not (root / '.git').exists():
        return None
    command = ['git', '-C', str(root), 'describe', '--always', '--dirty', '--abbrev=40']
    command += ['--exclude=*']  # no tags
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _config_name(cfg: Config) -> str | None:
    """The name of a config of mmavl, or the path of any other config."""
    if not cfg.filename:
        return None
    path = Path(cfg.filename).resolve()
    return path.stem if path.is_relative_to(shipped().resolve()) else os.path.relpath(path)


def _dtype(cfg: Config) -> str:
    """The number format of a test."""
    dtype = (cfg.get('test_cfg') or {}).get('dtype', 'float32')
    return str(Precision.choose(dtype).dtype).removeprefix('torch.')


def environment() -> dict[str, str]:
    """Versions and the machine, for the footer of a report."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else 'none'
    return {
        'mmavl': mmavl.__version__,
        'mmengine': mmengine.__version__,
        'torch': torch.__version__,
        'numpy': np.__version__,
        'Python': platform.python_version(),
        'system': f'{platform.system()} {platform.machine()}',
        'processor': _processor(),
        'cores': str(os.cpu_count()),
        'threads': str(torch.get_num_threads()),
        'GPU': device,
    }


def _processor() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        return platform.processor() or 'unknown'
    models = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return models[0] if models else platform.processor() or 'unknown'


def summarise(cfg: Config) -> dict[str, str]:
    """A config in a few lines: component names, optimizer, schedule, data and seed."""
    model = cfg.get('model') or {}
    lines = {'model': component_name(model.get('type'))}
    for key, part in model.items():
        if isinstance(part, Mapping) and 'type' in part:
            lines[key.replace('_', ' ')] = _component(part)
    wrapper = cfg.get('optim_wrapper') or {}
    optimizer = wrapper.get('optimizer') or {}
    rates = [f'{key} {optimizer[key]:g}' for key in ('lr', 'weight_decay') if key in optimizer]
    lines['optimizer'] = ', '.join([component_name(optimizer.get('type')), *rates])
    lines['epochs'] = str((cfg.get('train_cfg') or {}).get('max_epochs', ''))
    loader = cfg.get('train_dataloader') or {}
    lines['batch size'] = str(loader.get('batch_size', ''))
    dataset = loader.get('dataset') or {}
    lines['training data'] = os.path.join(
        dataset.get('data_root', ''), dataset.get('ann_file', '')
    )
    lines['tags'] = dataset.get('tag_level', '')
    lines['start from'] = str(cfg.get('load_from') or '')
    lines['seed'] = str((cfg.get('randomness') or {}).get('seed', ''))
    return {key: value for key, value in lines.items() if value}


def _component(part: Mapping) -> str:
    """E.g. 'CachedBackbone(TimmBackbone tf_efficientnet_lite0)'."""
    name = ' '.join(filter(None, (component_name(part['type']), str(part.get('name', '')))))
    inner = [v for v in part.values() if isinstance(v, Mapping) and 'type' in v]
    return f'{name}({", ".join(map(_component, inner))})' if inner else name


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as JSON; the file is never incomplete.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(path) as file:
        json.dump(record, file, ensure_ascii=False, indent=1)


def read_run(work_dir: str | Path) -> Run:
    """Read the records in a work directory.

    Args:
        work_dir (str | Path): The directory written by tools/train.py or tools/test.py.

    Returns:
        Run: With all available records.

    Raises:
        DataError: The directory has no record, or a damaged one.
    """
    path = Path(work_dir)
    run = Run(path.resolve().name, path)
    for file in sorted((path / FOLDER).glob('*.json')):
        record = _read_json(file)
        if file.stem == 'train':
            run.train = record
        else:
            run.tests.append({**record, 'split': file.stem})
    for file in sorted(path.glob('*/vis_data/scalars.json')):
        run.scalars += _read_lines(file)
    if run.train is None and not run.tests and not run.scalars:
        raise DataError(
            f'{path} has no record of a run: give a work directory that `mmavl train` or '
            '`mmavl test` has written to'
        )
    return run


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding='utf-8'))
    except ValueError as error:
        raise DataError(f'{file} is not a record ({error}): delete it and test again') from error


def _read_lines(file: Path) -> list[dict[str, float]]:
    """The log's lines; the last one may be incomplete if the run was killed."""
    lines = file.read_text(encoding='utf-8').splitlines()
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise DataError(f'{file}, line {number} is not JSON ({error})') from error
    return records
