"""A model and a data set small enough to train in a blink, with all kinds of randomness."""

import random
import time

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from torch import nn
from torch.utils.data import Dataset

from mmavl.registry import DATASETS, METRICS, MODELS
from mmavl.structures import AVDataSample


@DATASETS.register_module()
class ToyDataset(Dataset):
    """Points near the line y = x, with noise from every generator; each draw takes ``seconds``."""

    metainfo = {'classes': ['toy']}

    def __init__(self, length: int = 16, noise: bool = True, seconds: float = 0) -> None:
        self.length = length
        self.noise = noise
        self.seconds = seconds

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict:
        time.sleep(self.seconds)
        drawn = random.random(), np.random.rand(), float(torch.rand(()))  # noqa: NPY002
        noise = sum(drawn) if self.noise else 0
        sample = AVDataSample(metainfo={'clip_id': f'clip{index}', 'sample_idx': index})
        return {
            'inputs': {'x': torch.tensor([index / self.length + noise])},
            'data_samples': sample,
        }


@MODELS.register_module()
class ToyModel(BaseModel):
    """A linear layer behind dropout; a clip can make the loss or only its gradient NaN.

    ``norm`` adds a batch normalisation, whose buffers a NaN reaches before the loss is known.
    """

    def __init__(
        self,
        width: int = 1,
        dropout: float = 0.5,
        nan_at_clip: str = '',
        nan_gradient_at_clip: str = '',
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1) if norm else nn.Identity()
        self.layer = nn.Linear(1, width)
        self.dropout = nn.Dropout(dropout)
        self.nan_at_clip = nan_at_clip
        self.nan_gradient_at_clip = nan_gradient_at_clip

    def init_weights(self) -> None:
        nn.init.constant_(self.layer.weight, 0.5)
        nn.init.zeros_(self.layer.bias)

    def forward(self, inputs: dict, data_samples: list, mode: str = 'tensor'):
        x = torch.stack(inputs['x'])
        clips = [sample.clip_id for sample in data_samples]
        if mode == 'loss' and self.nan_at_clip in clips:
            x = x * float('nan')
        y = self.layer(self.norm(self.dropout(x)))
        if mode == 'predict':
            for sample, value in zip(data_samples, y):
                sample.pred_tags = value
            return data_samples
        loss = (y - x).square().mean()
        if self.nan_gradient_at_clip in clips:
            loss = loss + (0 * self.layer.weight).abs().sqrt().sum()  # 0, with slope inf * 0
        return {'loss': loss}


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """The mean prediction and the samples seen; draws random numbers, as metrics may."""

    def process(self, data_batch: dict, data_samples: list[dict]) -> None:
        torch.rand(7)
        self.results += [(s['sample_idx'], float(s['pred_tags'].float())) for s in data_samples]

    def compute_metrics(self, results: list) -> dict:
        seen = [index for index, _ in results]
        mean = sum(value for _, value in results) / len(results)
        return {'mean': mean, 'seen': len(seen), 'distinct': len(set(seen))}
