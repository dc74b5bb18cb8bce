# SLAVC on SoundNet-Flickr, 10k pairs, with the published networks and object guidance.
_base_ = [
    '../_base_/datasets/soundnet_flickr_3s.py',
    '../_base_/models/peer_resnet18.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='SLAVC',
    visual_neck=dict(dropout=0.9),
    map_transforms=[  # absolute scores, as published
        dict(type='CosineScores'),
        dict(
            type='ObjectGuidance',
            alpha=0.9,
            largest=2.5,
            backbone=dict(type='ResNet18', pretrained=True, output_stride=32),
        ),
    ],
)
train_cfg = dict(max_epochs=20)
