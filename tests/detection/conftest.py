import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.runner import runner as mmengine_runner
from PIL import Image

from mmavl.engine.config import load_config
from mmavl.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs'

CLASSES = ('Violin', 'Horn')

#: A whole detector in a few thousand numbers, on frames of 64 px.
_TINY = """
_base_ = ['{configs}/_base_/models/faster_rcnn_small.py', '{configs}/_base_/default_runtime.py']
model = dict(
    backbone=dict(
        type='ResNet', depth=18, base_channels=8, out_indices=(1, 2, 3), norm_eval=True,
    ),
    neck=dict(in_channels=[16, 32, 64], out_channels=8),
    rpn_head=dict(in_channels=8, feat_channels=8),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=8),
        bbox_head=dict(in_channels=8, fc_out_channels=8, num_classes=2),
    ),
    test_cfg=dict(rcnn=dict(score_thr=0.0)),
)
data_root = '{root}/'
dataset = dict(
    _scope_='mmdet', type='CocoDataset', data_root=data_root, ann_file='coco.json',
    data_prefix=dict(img=''), metainfo=dict(classes={classes}),
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations', with_bbox=True),
        dict(type='Resize', scale=(64, 64), keep_ratio=True),
        dict(type='PackDetInputs', meta_keys=(
            'img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor')),
    ],
)
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dataset,
)
test_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(test_mode=True, **dataset),
)
test_evaluator = dict(
    _scope_='mmdet', type='CocoMetric', metric='bbox', ann_file=data_root + 'coco.json'
)
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
train_cfg = dict(by_epoch=True, max_epochs=1)
default_hooks = dict(visualization=None, logger=dict(type='LoggerHook', interval=1))
work_dir = '{root}/run'
"""


@pytest.fixture
def frames(tmp_path):
    """A manifest of two clips with two frames of noise each; a violin sounds in one of them."""
    draw = np.random.default_rng(0)
    entries = []
    for clip, tags in (('a', ['Violin']), ('b/ü', {'Violin': 0.2, 'Horn': 0.9})):
        names = [f'{clip[0]}_{index}.png' for index in range(2)]
        for name in names:
            picture = draw.integers(0, 256, (48, 64, 3), np.uint8)
            Image.fromarray(picture).save(tmp_path / name)
        boxes = {'0': [{'bbox': [0.25, 0.25, 0.5, 0.5], 'label': 'Horn', 'sounding': False}]}
        entry = {'clip_id': clip, 'audio': 'x.wav', 'frames': names, 'fps': 1, 'duration': 2.0}
        entries.append({**entry, 'tags': tags, 'boxes': boxes})
    path = tmp_path / 'test.json'
    metainfo = {'dataset': 'toy', 'split': 'test', 'classes': list(CLASSES)}
    path.write_text(json.dumps({'metainfo': metainfo, 'data_list': entries}))
    return path


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Write the config of a tiny detector, its COCO file beside it not yet."""
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)  # it asks compilers: slow
    path = tmp_path / 'tiny.py'
    path.write_text(_TINY.format(configs=CONFIGS, root=tmp_path, classes=CLASSES))
    return path


@pytest.fixture
def tiny_checkpoint(tiny, tmp_path):
    """Random weights for it, saved with its class names as a runner does."""
    cfg = load_config(tiny)
    init_default_scope('mmavl')
    torch.manual_seed(0)
    state = MODELS.build(cfg.model).state_dict()
    path = tmp_path / 'tiny.pth'
    torch.save({'state_dict': state, 'meta': {'dataset_meta': {'classes': CLASSES}}}, path)
    return path
