"""Evaluating localization: requested protocols, trivial rows, and a record per sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmavl.errors import DataError

from .localization_tables import evaluation_tables, summary_row, with_notes
from .metric_keys import Summaries, to_keys
from .predictions import Prediction, read_predictions
from .protocols import Protocol, get_protocol
from .result_table import ResultTable, Row
from .scoring import TRIVIAL, score
from .summary import sample_scores, summarise
from .targets import sums_class_maps

_CANDIDATES = tuple(i / 20 for i in range(1, 20))


@dataclass
class LocalizationReport:
    """The results of an evaluation.

    Attributes:
        metrics (dict[str, float]): ``{protocol}/{metric}`` and
            ``{protocol}/{whole_image,centred_disc}/{metric}``, see
            :func:`~mmavl.evaluation.summary.summarise`; shares are in [0, 1].
        per_sample (list[dict]): One record for each listed frame with the first protocol, see
            :func:`~mmavl.evaluation.summary.sample_scores`.
        tables (tuple[ResultTable]): Tables of the metrics: coverage of the maps, positions of
            their maxima, and further metrics of some protocols.
    """

    metrics: dict[str, float]
    per_sample: list[dict[str, Any]]
    tables: tuple[ResultTable, ...]

    @property
    def table(self) -> str:
        """The tables as text, with notes."""
        return with_notes(self.tables)


def evaluate_localization(
    predictions: Sequence[Prediction],
    metainfo: Mapping[str, Any],
    protocols: Sequence[str],
    val_dump: str | Path | None = None,
) -> LocalizationReport:
    """Score predictions with all requested protocols, together with rows without a model.

    Where the map of the whole sound is a sum of class maps, the model is scored under
    ``{protocol}/raw_sum`` too.

    Args:
        predictions (Sequence[Prediction]): One per sample.
        metainfo (Mapping): The dataset's; ``classes`` are the names of the labels.
        protocols (Sequence[str]): Names, see :func:`~mmavl.evaluation.protocols.get_protocol`.
            The per-sample records are those of the first one.
        val_dump (str | Path, optional): The method's prediction dump on the validation
            split, from which `val_best` without a threshold chooses its threshold.

    Returns:
        LocalizationReport: Metrics, per-sample records and tables.

    Raises:
        ValueError: A protocol is unknown or occurs twice, or `val_best` has no threshold, or
            would choose it on the reported split.
        DataError: A clip cannot be scored with a protocol; the message says which and why.
    """
    asked = look_up_protocols(protocols, val_dump)
    chosen = _choose_unset(_with_raw_sums(asked, predictions), metainfo, val_dump)
    scores = score(predictions, chosen, ('model', *TRIVIAL))
    summaries: Summaries = {}
    rows: dict[Protocol, list[Row]] = {}
    for i, protocol in enumerate(chosen):
        own_rows = scores if protocol.key in {p.key for p in asked} else ('model',)
        by_row = {row: summarise(scores[row][i], predictions) for row in own_rows}
        summaries[protocol.key] = by_row
        rows[protocol] = [
            summary_row(
                row.replace('_', ' '),
                summary,
                protocol=_named(protocol),
                muted=row in TRIVIAL,
            )
            for row, summary in by_row.items()
        ]
    per_sample = sample_scores(scores['model'][0], predictions, metainfo)
    return LocalizationReport(to_keys(summaries), per_sample, evaluation_tables(rows))


def _with_raw_sums(
    protocols: Sequence[Protocol], predictions: Sequence[Prediction]
) -> list[Protocol]:
    """After each protocol under which class maps are summed, the one that sums them raw."""
    result: list[Protocol] = []
    for protocol in protocols:
        result.append(protocol)
        raw = replace(protocol, raw_sum=True)
        differs = raw not in protocols and protocol.normalisation != 'as_scored'
        if differs and any(sums_class_maps(p, protocol.class_aware) for p in predictions):
            result.append(raw)
    return result


def _named(protocol: Protocol) -> str:
    """A protocol's key with its chosen threshold."""
    if protocol.name != 'val_best':
        return protocol.key
    return protocol.key.replace('val_best', f'val_best@{protocol.threshold:g}')


def look_up_protocols(specs: Sequence[str], val_dump: str | Path | None) -> list[Protocol]:
    """Look protocols up by name before anything is computed.

    Raises:
        ValueError: A protocol is unknown or occurs twice, or `val_best` has neither a threshold
            nor a dump of the validation split to choose it from.
    """
    protocols = [get_protocol(spec) for spec in specs]
    if not protocols or len({protocol.key for protocol in protocols}) < len(protocols):
        raise ValueError(f'protocols {list(specs)}: name at least one, and each only once')
    if val_dump is None and any(_unset(protocol) for protocol in protocols):
        raise ValueError(
            "protocol 'val_best' has no threshold: name a prediction dump of the validation "
            "split (val_dump, --val-dump) or the threshold itself, e.g. 'val_best@0.35'"
        )
    return protocols


def _choose_unset(
    protocols: Sequence[Protocol], metainfo: Mapping[str, Any], val_dump: str | Path | None
) -> list[Protocol]:
    """Set the threshold of `val_best` from a dump of the validation split."""
    if not any(_unset(protocol) for protocol in protocols):
        return list(protocols)
    assert val_dump is not None  # refused with the protocols
    predictions, val_metainfo = read_predictions(val_dump)
    where = [(m.get('dataset'), m.get('split')) for m in (metainfo, val_metainfo)]
    if where[0] == where[1] and where[0][1] is not None:
        raise DataError(
            f"{val_dump} holds the split that is reported ('{where[0][1]}'): a threshold is "
            'chosen on the validation split only'
        )
    if metainfo.get('classes') != val_metainfo.get('classes'):
        raise DataError(f'{val_dump} has other classes than the split that is reported')
    return [
        replace(p, threshold=choose_threshold(predictions, p)) if _unset(p) else p
        for p in protocols
    ]


def _unset(protocol: Protocol) -> bool:
    return protocol.binarisation == 'threshold' and protocol.threshold is None


def choose_threshold(
    predictions: Sequence[Prediction],
    protocol: Protocol,
    candidates: Sequence[float] = _CANDIDATES,
) -> float:
    """Choose a method's binarisation threshold: best success averaged over the levels.

    Args:
        predictions (Sequence[Prediction]): Predictions on the *validation* split.
        protocol (Protocol): `val_best`, with its options.
        candidates (Sequence[float]): Thresholds to try. Defaults to 0.05, 0.10, ..., 0.95.

    Returns:
        float: The best one; the lowest of equally good ones.

    Raises:
        DataError: There is nothing to score.
    """
    thresholds = sorted(candidates)
    variants = [replace(protocol, threshold=threshold) for threshold in thresholds]
    success = [
        summarise(scores, predictions).get('average_ciou', float('nan'))
        for scores in score(predictions, variants)['model']
    ]
    if success[0] != success[0]:
        raise DataError('no frame of the validation split can be scored: no threshold chosen')
    return thresholds[success.index(max(success))]
