# Stage 1 of the paper on SoundNet-Flickr: Eq. 3 on pseudo-labels of AudioSet's 7 top groups.
_base_ = [
    '_base_/datasets/soundnet_flickr.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

model = dict(
    visual_backbone=dict(name='resnet18.tv_in1k', pretrained=True),
    audio_tag_head=dict(num_classes=7),
    visual_tag_head=dict(num_classes=7),
)
