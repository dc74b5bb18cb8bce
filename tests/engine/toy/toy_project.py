"""A model and a data set small enough to train in a blink, with all kinds of randomness."""

import random

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
    """Points near the line y = x, with noise from every generator at each draw."""

    metainfo = {'classes': ['toy']}

    def __init__(self, length: int = 16, noise: bool = True) -> None:
        self.length = length
        self.noise = noise

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict:
        drawn = random.random(), np.random.rand(), float(torch.rand(()))  # noqa: NPY002
        noise = sum(drawn) if self.noise else 0
        sample = AVDataSample(metainfo={'clip_id': f'clip{index}', 'sample_idx': index})
        return {
            'inputs': {'x': torch.tensor([index / self.length + noise])},
            'data_samples': sample,
        }


@MODELS.register_module()
class ToyModel(BaseModel):
    """A linear layer behind dropout; the loss is NaN where the weight passes ``nan_below``."""

    def __init__(self, width: int = 1, dropout: float = 0.5, nan_at_clip: str = '') -> None:
        super().__init__()
        self.layer = nn.Linear(1, width)
        self.dropout = nn.Dropout(dropout)
        self.nan_at_clip = nan_at_clip

    def init_weights(self) -> None:
        nn.init.constant_(self.layer.weight, 0.5)
        nn.init.zeros_(self.layer.bias)

    def forward(self, inputs: dict, data_samples: list, mode: str = 'tensor'):
        x = torch.stack(inputs['x'])
        y = self.layer(self.dropout(x))
        if mode == 'predict':
            for sample, value in zip(data_samples, y):
                sample.pred_tags = value
            return data_samples
        loss = (y - x).square().mean()
        if self.nan_at_clip in [sample.clip_id for sample in data_samples]:
            loss = loss * float('nan')
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
