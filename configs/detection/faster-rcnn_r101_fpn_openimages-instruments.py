# The detector that the paper took its boxes from: 15 instruments of Open Images.
_base_ = [
    '../_base_/datasets/openimages_instruments.py',
    '../_base_/models/faster_rcnn.py',
    '../_base_/schedules/detection_sgd_12e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        type='ResNet',
        depth=101,
        frozen_stages=1,
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet101'),
    ),
    neck=dict(in_channels=[256, 512, 1024, 2048]),
)

default_hooks = dict(visualization=None)
