"""Tags of both modalities and audio-visual correspondence."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mmengine.evaluator import BaseMetric

from mmavl.registry import METRICS

from ..predictions import Prediction, unique_predictions
from ..tags import evaluate_tags


@METRICS.register_module()
class TagMetric(BaseMetric):
    """Mean average precision of audio and visual tags, and accuracy of correspondence.

    Metric keys: ``tags/audio_map``, ``tags/visual_map``, ``tags/avc_accuracy`` and more, see
    :func:`mmavl.evaluation.tags.evaluate_tags`; those that a model does not predict are
    omitted.

    Args:
        collect_device (str): 'cpu' or 'gpu', how results are gathered. Defaults to 'cpu'.
        collect_dir (str, optional): Folder for gathering on 'cpu'. Defaults to None.
    """

    default_prefix = 'tags'

    def __init__(self, collect_device: str = 'cpu', collect_dir: str | None = None) -> None:
        super().__init__(collect_device=collect_device, collect_dir=collect_dir)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the tags of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): ``AVDataSample.to_dict()`` of each sample.
        """
        for sample in data_samples:
            p = Prediction.from_sample(sample)
            self.results.append(replace(p, maps=p.maps[:0], map_labels=p.map_labels[:0]))

    def compute_metrics(self, results: list[Prediction]) -> dict[str, float]:
        """Score the gathered tags, each sample once."""
        return evaluate_tags(unique_predictions(results))
