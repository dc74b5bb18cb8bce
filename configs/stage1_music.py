# Stage 1 of the paper on MUSIC: Eq. 3 on the tags of its 11 instruments.
_base_ = [
    '_base_/datasets/music.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

model = dict(
    visual_backbone=dict(name='resnet18.tv_in1k', pretrained=True),
    audio_tag_head=dict(num_classes=11),
    visual_tag_head=dict(num_classes=11),
)
