import pytest
import torch
from mmengine.structures import InstanceData, PixelData

from mmavl.structures import AVDataSample

CLASSES = ['strings', 'wind', 'keys']


@pytest.fixture
def metainfo():
    return {'dataset': 'x', 'split': 'test', 'classes': CLASSES, 'families': [0, 1, 2]}


@pytest.fixture
def samples():
    """Twelve frames of one or two sounding families, with coarse random maps and tags."""
    generator = torch.Generator().manual_seed(0)
    built = []
    for i in range(12):
        first, second, silent = i % 3, (i + 1) % 3, (i + i // 3) % 3
        labels = torch.tensor([first, second, silent] if i % 2 else [first, silent])
        sounding = torch.ones(len(labels), dtype=torch.bool)
        sounding[-1] = False
        corners = torch.rand(len(labels), 2, generator=generator) * 128
        sides = 32 + torch.rand(len(labels), 2, generator=generator) * 96
        sample = AVDataSample(
            metainfo=dict(clip_id=f'clip{i:02}', frame_index=0, input_shape=(256, 256))
        )
        sample.gt_instances = InstanceData(
            bboxes=torch.cat([corners, corners + sides], 1),
            labels=labels,
            sounding=sounding,
            families=labels,
            names=[CLASSES[label] for label in labels],
        )
        sample.gt_tags = torch.zeros(3)
        sample.gt_tags[labels[sounding]] = 1
        sample.pred_tags = torch.rand(3, generator=generator)
        sample.pred_visual_tags = torch.rand(3, generator=generator)
        sample.pred_avc = torch.rand(2, generator=generator)
        sample.pred_maps = PixelData(data=torch.rand(3, 16, 16, generator=generator))
        sample.map_labels = torch.arange(3)
        sample.pred_labels = (sample.pred_tags > 0.4).nonzero().flatten()
        built.append(sample)
    return built
