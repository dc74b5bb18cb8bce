"""Runs that chose their model on the list that they report."""

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmavl.datasets.manifest import read_manifest
from mmavl.errors import DataError
from mmavl.reports.run_record import FOLDER, Run, read_run

from .finding import Finding, examples


def find_runs(folder: str | Path) -> list[Run]:
    """The run of a work directory, or those of the folders in it.

    Raises:
        DataError: There is none, or a record is broken.
    """
    folder = Path(folder)
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    runs = [read_run(place) for place in places if (place / FOLDER / 'train.json').is_file()]
    if not runs:
        raise DataError(
            f'{folder} has no record of a training: name a work directory, or the folder of '
            'several, that `mmavl train` has written to'
        )
    return runs


def check_run(run: Run) -> Iterator[Finding]:
    """Compare the lists of training, validation and test that a run's record names.

    Yields:
        Finding: The test list was trained on, or a checkpoint was chosen on it, or (a note) it
        was validated on; or, of lists that are there, another one holds clips of it.
    """
    config = read_config((run.train or {}).get('config', ''))
    lists = {
        role: _ann_file(config.get(f'{role}_dataloader')) for role in ('train', 'val', 'test')
    }
    test = lists['test']
    if not test:
        return
    if lists['train'] == test:
        text = f'{test} is the test list, but was used for training'
        yield Finding(str(run.path), 'test list', text, 1, 1)
    for role in ('train', 'val'):
        yield from _shared(run, lists[role], test)
    if lists['val'] == test:
        checkpoint = (config.get('default_hooks') or {}).get('checkpoint') or {}
        chosen = checkpoint.get('save_best')
        if chosen:
            text = (
                f'the best checkpoint was selected by {chosen!r} on {test}, which is the list of '
                'the test: choose on a validation list, or report the last epoch'
            )
        else:
            text = (
                f'{test}, the test list, was used for validation; no checkpoint was selected by it'
            )
        yield Finding(str(run.path), 'test list', text, 1, 1, problem=bool(chosen))


def _shared(run: Run, other: str, test: str) -> Iterator[Finding]:
    """Clips of the test list in another list, e.g. a copy of it under another name."""
    if not other or other == test or not (os.path.isfile(other) and os.path.isfile(test)):
        return
    try:
        theirs, ids = (
            [e['clip_id'] for e in read_manifest(f)['data_list']] for f in (other, test)
        )
    except DataError:
        return  # named where the manifest itself is checked
    known = set(theirs)
    shared = [clip for clip in ids if clip in known]
    if shared:
        text = f'clips of {test}, the test list, are in {other}: {examples(shared)}'
        yield Finding(str(run.path), 'test list', text, len(shared), len(ids))


def _ann_file(loader: Any) -> str:
    """The list of a dataloader, from its data root."""
    dataset = loader.get('dataset') if isinstance(loader, Mapping) else None
    while isinstance(dataset, Mapping) and 'dataset' in dataset:  # wrapped, e.g. repeated
        dataset = dataset['dataset']
    if not isinstance(dataset, Mapping) or not dataset.get('ann_file'):
        return ''
    return os.path.normpath(os.path.join(dataset.get('data_root') or '', dataset['ann_file']))


def read_config(text: str) -> dict[str, Any]:
    """The values of a config's text, without running it.

    Args:
        text (str): As a run's record holds it: assignments of literals and ``dict(...)``.

    Returns:
        dict: Name -> value; what is anything else is left out.
    """
    values = {}
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return {}
    for statement in statements:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = _value(statement.value)
    return values


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        return {word.arg: _value(word.value) for word in node.keywords if word.arg}
    if isinstance(node, ast.Dict):
        keys = [_value(key) if key is not None else None for key in node.keys]
        return {
            key: _value(value)
            for key, value in zip(keys, node.values)
            if isinstance(key, str | int | float)
        }
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
