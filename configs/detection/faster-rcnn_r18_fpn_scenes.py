# Faster R-CNN on ResNet-18 from random weights: nothing to download.
_base_ = [
    '../_base_/datasets/scenes_boxes.py',
    '../_base_/models/faster_rcnn_small.py',
    '../_base_/schedules/detection_adamw.py',
    '../_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        type='ResNet',
        depth=18,
        out_indices=(1, 2, 3),
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=False,
        style='pytorch',
    ),
    neck=dict(in_channels=[128, 256, 512]),
)

default_hooks = dict(visualization=None)
