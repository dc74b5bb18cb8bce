"""A trained mmdet detector, from its config and checkpoint."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmdet.registry import MODELS, TRANSFORMS
from mmengine import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader, Dataset

from mmavl.datasets.feature_filling import Samples
from mmavl.engine.checkpoint import checkpoint_metainfo, load_checkpoint, load_state
from mmavl.engine.config import config_errors, load_config
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.autocast import Precision


@dataclass(frozen=True)
class DetectedBox:
    """A detected box.

    Attributes:
        label (str): Its class.
        bbox (tuple): Normalised x, y, w, h, clipped to the frame.
        score (float): The detector's confidence, in [0, 1].
    """

    label: str
    bbox: tuple[float, float, float, float]
    score: float


class Detector:
    """A detector that returns normalised boxes with class names for pictures of any size.

    Args:
        config (str | Path): A config of mmdet, from mmavl's ``configs/detection``, or your own.
        checkpoint (str | Path): Its weights, read without executing code. Class names are read
            from it or, if it has none, from the config.
        device (str): Device to run on. Defaults to 'cpu'.
        dtype (str): Number format of its layers: 'float32', 'bfloat16', or 'auto', bfloat16 if
            the hardware supports it. Defaults to 'float32': boxes become references, which
            must not depend on the machine.

    Raises:
        FileNotFoundError: The config or the checkpoint does not exist.
        CheckpointError: The checkpoint does not fit the config.
        ConfigError: The config does not build a detector, or there are no class names.
    """

    def __init__(
        self,
        config: str | Path,
        checkpoint: str | Path,
        device: str = 'cpu',
        dtype: str = 'float32',
    ) -> None:
        self.precision = Precision.choose(dtype, device)
        cfg = load_config(config)
        init_default_scope(cfg.get('default_scope', 'mmdet'))
        content = load_checkpoint(checkpoint)
        with config_errors(cfg, 'model'):
            self.model = MODELS.build({'_scope_': 'mmdet', **cfg.model})
            self.pipeline = _test_pipeline(cfg, config)
        load_state(self.model, content['state_dict'], str(checkpoint), strict=True)
        self.precision.prepare(self.model.to(device).eval())
        self.classes = _classes(cfg, content, config, checkpoint)

    def detect(
        self,
        frames: Samples,
        score: float = 0.5,
        batch_size: int = 8,
        workers: int = 0,
    ) -> Iterator[list[DetectedBox] | DataError]:
        """Run the detector on all frames, in order.

        Args:
            frames (Samples): ``frames[i]`` is a picture, uint8 RGB [H, W, 3].
            score (float): Boxes with a lower score are dropped. Defaults to 0.5.
            batch_size (int): Frames per batch. Defaults to 8.
            workers (int): Processes that read frames. Defaults to 0: the main one.

        Yields:
            list[DetectedBox] | DataError: One frame's boxes, best first; or why it cannot be read.

        Raises:
            CheckpointError: A class has no name.
        """
        loader = DataLoader(
            _Prepared(frames, self.pipeline),
            batch_size=batch_size,
            num_workers=workers,
            collate_fn=list,
        )
        for batch in loader:
            readable = [item for item in batch if not isinstance(item, DataError)]
            samples = iter(self._predict(readable) if readable else ())
            for item in batch:
                bad = isinstance(item, DataError)
                yield item if bad else list(self._boxes(next(samples), score))

    def _predict(self, frames: list[dict]) -> list[Any]:
        with torch.inference_mode(), self.precision.autocast():
            return self.model.test_step(pseudo_collate(frames))

    def _boxes(self, sample: Any, score: float) -> Iterable[DetectedBox]:
        instances = sample.pred_instances.cpu().numpy()
        height, width = sample.ori_shape
        corners = np.clip(instances.bboxes / [width, height, width, height], 0, 1).round(5)
        for (x1, y1, x2, y2), label, confidence in zip(
            corners.tolist(), instances.labels, instances.scores
        ):
            if confidence < score or x2 <= x1 or y2 <= y1:
                continue
            if label >= len(self.classes):
                raise CheckpointError(
                    f'the detector returns class {label}, but has only {len(self.classes)} class '
                    f'names ({", ".join(self.classes)}): its checkpoint and config do not match'
                )
            box = (x1, y1, round(x2 - x1, 5), round(y2 - y1, 5))
            yield DetectedBox(self.classes[label], box, round(float(confidence), 4))


class _Prepared(Dataset):
    """Frames prepared by the detector's test pipeline, or why they cannot be read."""

    def __init__(self, frames: Samples, pipeline: Compose) -> None:
        self.frames = frames
        self.pipeline = pipeline

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> dict | DataError:
        try:
            picture = np.ascontiguousarray(self.frames[index][..., ::-1])  # mmdet reads BGR
        except DataError as error:
            return DataError(str(error))  # without its cause, which may not be picklable
        return self.pipeline({'img': picture, 'img_id': index, 'img_path': None})


def _test_pipeline(cfg: Config, source: str | Path) -> Compose:
    """The transforms of the config's test split, applied to pictures in memory."""
    dataset = cfg.get('test_dataloader', {}).get('dataset', {})
    while 'dataset' in dataset:
        dataset = dataset.dataset
    steps = [dict(step) for step in dataset.get('pipeline', [])]
    if not steps:
        raise ConfigError(f'{source} has no test_dataloader.dataset.pipeline to prepare frames')
    kept = [{'type': 'LoadImageFromNDArray'}]
    kept += [s for s in steps if s['type'].split('.')[-1] not in _REPLACED]
    return Compose([TRANSFORMS.build({'_scope_': 'mmdet', **step}) for step in kept])


_REPLACED = ('LoadImageFromFile', 'LoadAnnotations')


def _classes(
    cfg: Config, content: dict, source: str | Path, checkpoint: str | Path
) -> tuple[str, ...]:
    names: Sequence[str] | None = checkpoint_metainfo(content, checkpoint).get('classes')
    if not names:
        dataset = cfg.get('test_dataloader', {}).get('dataset', {})
        names = dataset.get('metainfo', {}).get('classes')
    if not names:
        raise ConfigError(
            f"neither the checkpoint nor {source} has the detector's class names: set "
            'test_dataloader.dataset.metainfo.classes'
        )
    return tuple(names)
