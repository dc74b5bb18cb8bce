"""Results as files: one for each row of a table, with all that is needed to reproduce it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mmavl.errors import DataError
from mmavl.evaluation.metric_keys import from_keys
from mmavl.evaluation.result_table import ResultTable, Row, means_and_spreads
from mmavl.evaluation.titles import metric_column
from mmavl.utils.files import atomic_write

from .run_record import Run

#: Parts of a result that are omitted from its file if empty.
_OPTIONAL = ('spreads', 'intervals', 'totals', 'words')
#: Metrics whose prefix is removed.
_PREFIXES = ('tags/', 'separation/', 'coco/')
#: The task of a result, by one of its metrics.
_TASKS = {'sdr': 'separation', 'bbox_mAP': 'detection'}


@dataclass
class Result:
    """A row: figures and their origin. None means not recorded.

    Attributes:
        name (str): Its name, and that of its file.
        title (str): Its title in tables.
        task (str): 'localization', 'separation', 'detection', ...
        config (str, optional): Its name, or the path of a config outside mmavl; None also
            for rows without a model.
        options (dict, optional): Config values that were changed, by dotted key.
        dataset, split (str, optional): The evaluation data.
        protocol (str, optional): The key of a protocol, with its options.
        means (dict): Figures by metric, without protocol: shares, decibels, counts.
        spreads (dict): Standard deviations over the seeds, if available.
        intervals (dict): Lower and upper end of 95 % intervals, if available.
        totals (dict): M for values of the form 'N of M'.
        words (dict): Values in tables that are not figures, by name.
        seeds (list[int], optional): Seeds of the trainings.
        command, commit, machine, date (str, optional): Origin of the evaluation; the machine
            as processor and dtype, without its name.
    """

    name: str
    title: str
    task: str
    config: str | None
    options: dict[str, Any] | None
    dataset: str | None
    split: str | None
    protocol: str | None
    means: dict[str, float]
    seeds: list[int] | None
    command: str | None
    commit: str | None
    machine: str | None
    date: str | None
    spreads: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    def row(self, title: str = '', spreads: bool = True, **options: Any) -> Row:
        """The row of a table.

        Args:
            title (str): Replaces its title.
            spreads (bool): Whether to show standard deviations. Defaults to True.
            **options: Other attributes of :class:`Row`.
        """
        totals = {f'{key}/of': value for key, value in self.totals.items()}
        means = {'split': self.split, **self.words, **self.means, **totals}
        around: dict[str, Any] = {key: tuple(ends) for key, ends in self.intervals.items()}
        return Row(
            title or self.title, means, around | (self.spreads if spreads else {}), **options
        )


def read_results(folder: str | Path) -> dict[str, Result]:
    """Read all results of a folder, by name.

    Raises:
        DataError: A file is not a result; the message says which and why.
    """
    return {path.stem: _read(path) for path in sorted(Path(folder).glob('*.json'))}


def _read(path: Path) -> Result:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        result = Result(**content)
    except (ValueError, TypeError) as error:
        raise DataError(f'{path} is not a result ({error})') from error
    if result.name != path.stem:
        raise DataError(f'{path} is named {result.name!r} inside: both must be the same')
    return result


def write_result(result: Result, folder: str | Path) -> Path:
    """Write a result to its file, and return its path.

    Raises:
        OSError: The file cannot be written.
    """
    content = asdict(result)
    kept = {k: content[k] for k in content if content[k] or k not in _OPTIONAL}
    path = Path(folder, f'{result.name}.json')
    with atomic_write(path) as file:
        file.write(json.dumps(kept, ensure_ascii=False, indent=1) + '\n')
    return path


def result_of_runs(
    name: str, title: str, runs: Sequence[Run], split: str, protocol: str | None = None
) -> Result:
    """The result of several seeds of one config.

    Args:
        name (str): The result's name.
        title (str): Its title in tables.
        runs (Sequence[Run]): Runs tested on the split, one per seed.
        split (str): The split of the test.
        protocol (str, optional): Protocol of localization; defaults to the first one tested.

    Returns:
        Result: With None for values that are not recorded or differ between runs.

    Raises:
        DataError: A run was not tested on the split, or not with the protocol.
    """
    tests = [test_of(run, split) for run in runs]
    if protocol is None:
        protocol = next((key for test in tests for key in from_keys(test['metrics'])), None)
    means, spreads = means_and_spreads([_figures(run, split, protocol) for run in runs])
    seeds = [(run.train or {}).get('settings', {}).get('seed') for run in runs]
    first = tests[0]
    if part := next(filter(None, (test.get('evaluated') for test in tests)), None):
        title += f' (evaluated {part["samples"]} of {part["of"]})'
    agreed = {k: v for k, v in first.items() if [t.get(k) for t in tests] == [v] * len(tests)}
    return Result(
        name=name,
        title=title,
        task=next((task for key, task in _TASKS.items() if key in means), 'localization'),
        config=agreed.get('config_name'),
        options=None,
        dataset=agreed.get('dataset'),
        split=split,
        protocol=protocol,
        means={key: round(value, 6) for key, value in means.items()},
        seeds=None if None in seeds else [int(seed) for seed in seeds],
        command=first.get('command'),
        commit=agreed.get('commit'),
        machine=machine_of(first),
        date=first.get('started', '')[:10] or None,
        spreads={key: round(value, 6) for key, value in spreads.items()},
    )


def test_of(run: Run, split: str) -> dict[str, Any]:
    """The record of a run's test.

    Raises:
        DataError: The run was not tested on the split.
    """
    record = next((test for test in run.tests if test['split'] == split), None)
    if record is None:
        raise DataError(f'{run.path} has no test on {split!r}: run `mmavl test` with --work-dir')
    return record


def _figures(run: Run, split: str, protocol: str | None) -> dict[str, float]:
    """The model's figures in a test, without protocol and prefixes."""
    metrics = test_of(run, split)['metrics']
    own = {
        key.removeprefix(prefix): value
        for prefix in _PREFIXES
        for key, value in metrics.items()
        if key.startswith(prefix) and key.count('/') == 1
    }
    if protocol is None:
        return own
    summaries = from_keys(metrics)
    if protocol not in summaries:
        raise DataError(
            f'{run.path} was not tested under {protocol!r} on {split!r}, but under '
            f'{", ".join(summaries) or "no protocol"}'
        )
    return summaries[protocol]['model'] | own


def machine_of(test: Mapping[str, Any]) -> str | None:
    """Processor and dtype of a test, from the ``environment`` and ``dtype`` of its record."""
    environment = test.get('environment', {})
    if 'processor' not in environment:
        return None
    gpu = environment.get('GPU', 'none')
    device = f'{environment.get("threads")} threads of an {environment["processor"]}'
    return ', '.join(filter(None, [device if gpu == 'none' else gpu, test.get('dtype')]))


def table_of(spec: Mapping[str, Any], results: Mapping[str, Result]) -> ResultTable:
    """A table of results.

    Args:
        spec (Mapping): ``columns``: metric -> title, None for the metric's own, or a dict with
            attributes of :class:`~mmavl.evaluation.result_table.Column`; ``rows``: names of
            results, or dicts with ``result`` and options of :meth:`Result.row`. Optional:
            ``head``; ``spreads`` and ``digits`` of all rows and columns.
        results (Mapping[str, Result]): By name.

    Raises:
        DataError: A row names an unknown result.
    """
    common = {'digits': spec['digits']} if 'digits' in spec else {}
    columns = []
    for key, given in spec['columns'].items():
        options = given if isinstance(given, dict) else {'title': given}
        columns.append(metric_column(key, **{'of': f'{key}/of', **common, **options}))
    rows = []
    for row in spec['rows']:
        options = dict(row) if isinstance(row, dict) else {'result': row}
        name = options.pop('result')
        if name not in results:
            raise DataError(f'a table names an unknown result {name!r}')
        rows.append(results[name].row(spreads=spec.get('spreads', True), **options))
    return ResultTable(columns, rows, head=spec.get('head', ''))
