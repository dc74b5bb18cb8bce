"""The paper's Table 1, 2 or 3 from your checkpoints, next to the paper's own figures.

python tools/analysis/reproduce_table.py 2 --data scenes --work-dirs work_dirs/quickstart_seed0
python tools/analysis/reproduce_table.py 3 --data scenes
python tools/analysis/reproduce_table.py 1 --data flickr --run stage2_flickr=my/epoch_60.pth

A row is evaluated where its work directory (WORK_DIRS/<name of its config>) holds a checkpoint,
the last one saved, and no prediction dump that is newer than it and the manifest. Rows without a
checkpoint are listed with the commands that train it. Table 3 keeps its figures in place of dumps.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import config_errors, load_config
from mmavl.engine.launch import prepare_config
from mmavl.engine.measurement import localizer_checkpoint, measure, set_localizer_checkpoint
from mmavl.engine.runs import Runs
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import ConfigError
from mmavl.evaluation import Prediction, evaluate_localization, get_protocol
from mmavl.evaluation.scoring import TRIVIAL, score
from mmavl.evaluation.summary import summarise
from mmavl.registry import DATASETS as DATASET_REGISTRY
from mmavl.utils.files import atomic_write
from mmavl.utils.options import add_dtype_option
from mmavl.utils.shipped import find_config, named_config

from . import separation
from .localization import DATASETS, TABLES, Row, default_protocols, layout
from .separation import ROWS, SETTINGS, SeparationRow, figures


def parse_args() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('table', type=int, choices=[*TABLES, 3])
    parser.add_argument('--data', choices=[*DATASETS, 'music'], required=True)
    parser.add_argument('--work-dirs', default='work_dirs', help='default: work_dirs')
    parser.add_argument(
        '--run',
        nargs='+',
        default=[],
        metavar='NAME=PATH',
        help='a checkpoint or work directory elsewhere, by the name of its config',
    )
    parser.add_argument(
        '--protocol', nargs='+', metavar='NAME', help="by default the paper's and the others"
    )
    parser.add_argument(
        '--val-best',
        action='store_true',
        help='also the threshold that is best on the validation split, chosen for each row',
    )
    parser.add_argument(
        '--dumps-only', action='store_true', help='run no model, take the dumps there are'
    )
    parser.add_argument('--out', metavar='DIR', help='default: WORK_DIRS/tables')
    add_dtype_option(parser, None)
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE')
    return parser.parse_args()


def evaluate_row(row: Row, data: str, runs: Runs, protocols: Sequence[str]) -> dict[str, Any]:
    """Score a row, or say why it has no figures."""
    result = {'title': row.title, 'paper': row.paper, 'metrics': None, 'note': ''}
    config = row.configs.get(data)
    if config is None:
        result['note'] = (
            f"the paper's figures only, mmavl has no config for it on {DATASETS[data]}"
        )
        return result
    source = row.source(data)
    checkpoint = source and runs.checkpoint(source)
    result |= {'config': config, 'checkpoint': checkpoint and str(checkpoint)}
    asked = {'options': row.options, 'variant': row.variant}
    try:
        dump, predictions, metainfo = runs.predictions(config, source, 'test', **asked)
        val_dump = None
        if 'val_best' in {name.partition('/')[0] for name in protocols}:
            val_dump, *_ = runs.predictions(config, source, 'val', **asked)
        report = evaluate_localization(predictions, metainfo, protocols, val_dump)
    except (ValueError, OSError) as error:
        result['note'] = str(error)
        return result
    return result | {'dump': str(dump), 'metrics': report.metrics, 'references': predictions}


def references(args: argparse.Namespace, config: str) -> list[Prediction]:
    """The annotations of a config's test split, from its manifest alone.

    Raises:
        DataError: The manifest is missing or broken.
    """
    init_default_scope('mmavl')
    cfg: Config = load_config(find_config(config), args.cfg_options)
    dataset = cfg.test_dataloader.dataset
    dataset.pipeline = [dict(type='PackAVInputs')]
    with config_errors(cfg, 'test_dataloader'):
        built = DATASET_REGISTRY.build(dataset)
    samples = [built[index]['data_samples'] for index in range(len(built))]
    return [Prediction.from_sample(sample.to_dict()) for sample in samples]


def trivial_rows(
    annotated: Sequence[Prediction], protocols: Sequence[str], union: bool
) -> list[dict[str, Any]]:
    """The rows that use no model.

    Args:
        annotated (Sequence[Prediction]): References; what was predicted makes no difference.
        protocols (Sequence[str]): Names of protocols.
        union (bool): Whether to score on the union of the boxes under every protocol, as the
            class-agnostic rows are.
    """
    bare = [replace(p, maps=p.maps[:0], map_labels=p.map_labels[:0]) for p in annotated]
    chosen = [get_protocol(name) for name in protocols]
    asked = [replace(p, class_aware=p.class_aware and not union, threshold=0.5) for p in chosen]
    rows = []
    for row, scores in score(bare, asked, tuple(TRIVIAL)).items():
        metrics = {}
        for protocol, scores_of_it in zip(chosen, scores):
            summary = summarise(scores_of_it, bare) | ({'class_agnostic': 1.0} if union else {})
            metrics |= {f'{protocol.key}/{key}': value for key, value in summary.items()}
        title = row.replace('_', ' ').capitalize()
        rows.append({'title': title, 'paper': (), 'metrics': metrics, 'note': ''})
    return rows


def separation_row(row: SeparationRow, data: str, setting: str, runs: Runs) -> dict[str, Any]:
    """Measure a row of Table 3 in a setting, or say why it has no figures."""
    result = {'title': row.title, 'paper': (row.paper or {}).get(setting, ()), 'figures': None}
    result |= {'parameters': [], 'minutes': None, 'note': ''}
    if row.metrics:
        return result
    config = row.config.format(data=data) + (SETTINGS[setting] if row.trained else '')
    if not (row.config and named_config(config)):
        words = f'mmavl has no config for it on {separation.DATASETS[data]}'
        return result | {'note': f"the paper's figures only, {words}" if row.paper else words}
    name = Path(config).name
    checkpoint = runs.checkpoint(name) if row.trained else None
    try:
        logs = runs.root / 'tables' / 'logs' / name
        cfg = prepare_config(find_config(config), str(logs), runs.dtype, runs.cfg_options)
        wanted = localizer_checkpoint(cfg)
        if wanted is not None and not wanted.exists():
            found = runs.checkpoint(wanted.parent.name)
            if found is None and not row.trained:
                raise FileNotFoundError(f'no localizer; {runs.how_to_make(wanted.parent.name)}')
            set_localizer_checkpoint(cfg, found or wanted)
        if row.trained and checkpoint is None:
            raise FileNotFoundError(f'no checkpoint; {runs.how_to_make(config)}')
        done = measure(cfg, checkpoint, runs.folder(name), runs.dumps_only)
    except (ValueError, OSError) as error:
        return result | {'note': str(error)}
    return result | done | {'config': config, 'figures': figures(row, done['metrics'])}


def separation_table(args: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Table 3 as text, and its rows by setting."""
    if args.data not in separation.DATASETS:
        raise ConfigError(f'Table 3: take --data {" or ".join(separation.DATASETS)}')
    runs = Runs(args.work_dirs, args.run, args.dumps_only, args.cfg_options, args.dtype)
    results = {s: [separation_row(row, args.data, s, runs) for row in ROWS] for s in SETTINGS}
    measured = [r['metrics'] for rows in results.values() for r in rows if r['figures']]
    for rows in results.values():
        for row, result in zip(ROWS, rows):
            if row.metrics and measured:
                result['figures'] = figures(row, measured[0])
    return separation.layout(args.data, results), results


def localization_table(args: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Table 1 or 2 as text, and what it was made of."""
    table = TABLES[args.table]
    if args.data not in DATASETS:
        raise ConfigError(f'Table {args.table}: take --data {", ".join(DATASETS)}')
    if (args.table, args.data) == (2, 'flickr'):
        raise ConfigError(
            "Table 2 scores each class by its own boxes, and SoundNet-Flickr's have no class: "
            'take --data audioset or scenes, or Table 1'
        )
    protocols = args.protocol or default_protocols(args.table, args.data)
    if args.val_best and 'val_best' not in protocols:
        protocols.append('val_best')
    try:
        keys = [get_protocol(name).key for name in protocols]
    except ValueError as error:
        raise ConfigError(f'--protocol: {error}') from error
    runs = Runs(args.work_dirs, args.run, args.dumps_only, args.cfg_options, args.dtype)
    rows = [row for row in table.rows if args.data in row.configs or row.paper]
    results = [evaluate_row(row, args.data, runs, protocols) for row in rows]
    annotated = [result.pop('references', None) for result in results]
    annotated = next(filter(None, annotated), None)
    if annotated is None:
        annotated = references(args, f'random_{args.data}')
    # an agnostic row is scored on another reference: beside it stand its own trivial rows
    for union in [False, True] if args.table == 2 else [False]:
        results += trivial_rows(annotated, protocols, union)
    record = {'table': args.table, 'data': args.data, 'protocols': keys, 'rows': results}
    return layout(table, args.data, keys, results), record


def main() -> None:
    """Make the table, print it and write it."""
    args = parse_args()
    with clear_errors():
        if args.table == 3:
            text, results = separation_table(args)
            record = {'table': 3, 'data': args.data, 'settings': results}
        else:
            text, record = localization_table(args)
    print(text)
    out = Path(args.out or Path(args.work_dirs, 'tables')) / f'table{args.table}_{args.data}'
    with atomic_write(out.with_suffix('.md')) as file:
        file.write(text)
    with atomic_write(out.with_suffix('.json')) as file:
        json.dump(record, file, indent=1)


if __name__ == '__main__':
    main()
