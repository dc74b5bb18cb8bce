"""Localization with any set of protocols, in one pass over a split."""

import logging
from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmavl.errors import ConfigError
from mmavl.registry import METRICS

from ..localization import evaluate_localization, look_up_protocols
from ..predictions import Prediction, unique_predictions, write_predictions
from ..protocols import get_protocol


@METRICS.register_module()
class LocalizationMetric(BaseMetric):
    """Consensus IoU, pointing, distraction and confusion, with rows without a model.

    Metric keys are ``{protocol}/{metric}``, e.g. ``half_max/level1_ciou``, and can be used for
    ``save_best``; :func:`mmavl.evaluation.summary.summarise` lists all of them. A text
    table is logged at the end.

    After an evaluation, ``per_sample`` (main process) has one record for each frame, see
    :func:`mmavl.evaluation.summary.sample_scores`.

    Args:
        protocols (Sequence[str]): Names, see :func:`mmavl.evaluation.get_protocol`. ``per_sample``
            has the scores of the first one. Defaults to ('half_max',).
        val_dump (str, optional): The method's prediction dump on the validation split, from
            which `val_best` chooses its threshold. Defaults to None.
        dump (str, optional): Write the predictions to this ``.npz`` file, for
            ``tools/analysis/score_predictions.py``. Defaults to None.
        collect_device (str): 'cpu' or 'gpu', how results are gathered. Defaults to 'cpu'.
        collect_dir (str, optional): Folder for gathering on 'cpu'. Defaults to None.
    """

    #: Annotations that the data must have.
    scores_by = ('boxes',)
    default_prefix = ''  # the protocol's name is the prefix

    def __init__(
        self,
        protocols: Sequence[str] = ('half_max',),
        val_dump: str | None = None,
        dump: str | None = None,
        collect_device: str = 'cpu',
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, collect_dir=collect_dir)
        look_up_protocols(protocols, val_dump)  # report a misspelt name before the first epoch
        self.protocols = tuple(protocols)
        self.val_dump = val_dump
        self.dump = dump
        self.per_sample: list[dict[str, Any]] = []

    def check_model(self, model: Any) -> None:
        """Leave out protocols that ask for predicted classes, if a model predicts none.

        Args:
            model (Any): With ``predicts_classes``; others are not checked.

        Raises:
            ConfigError: No protocol is left.
        """
        if getattr(model, 'predicts_classes', True):
            return
        kept = [name for name in self.protocols if not _needs_classes(name)]
        left_out = [name for name in self.protocols if _needs_classes(name)]
        if not left_out:
            return
        reason = (
            f'{", ".join(left_out)}: {type(model).__name__} predicts no classes, but one map of '
            f'the whole sound'
        )
        if not kept:
            raise ConfigError(f'{reason}: choose protocols without /predicted, such as half_max')
        print_log(f'{reason}: not evaluated', logger='current', level=logging.WARNING)
        self.protocols = tuple(kept)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the data of a batch that is needed for scoring.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): ``AVDataSample.to_dict()`` of each sample.
        """
        self.results.extend(Prediction.from_sample(sample) for sample in data_samples)

    def compute_metrics(self, results: list[Prediction]) -> dict[str, float]:
        """Score the gathered predictions, each sample once, in a fixed order."""
        predictions = unique_predictions(results)
        if len(predictions) < len(results):
            print_log(
                f'{len(results) - len(predictions)} of {len(results)} predictions repeat the clip '
                'and frame of another; each is counted once.',
                logger='current',
                level=logging.WARNING,
            )
        metainfo = self.dataset_meta or {}
        if self.dump is not None:
            write_predictions(self.dump, predictions, metainfo)
        report = evaluate_localization(predictions, metainfo, self.protocols, self.val_dump)
        self.per_sample = report.per_sample
        print_log(f'Localization:\n{report.table}', logger='current')
        return report.metrics


def _needs_classes(name: str) -> bool:
    protocol = get_protocol(name)
    return protocol.class_aware and protocol.tags == 'predicted'
