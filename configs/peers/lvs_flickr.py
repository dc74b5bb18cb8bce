# LVS on SoundNet-Flickr, 10k pairs, with the published networks: no projections, stride 16.
_base_ = [
    '../_base_/datasets/soundnet_flickr_3s.py',
    '../_base_/models/peer_resnet18.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='LVS',
    audio_backbone=dict(output_stride=16),
    visual_backbone=dict(pretrained=False, output_stride=16),
    audio_neck=None,
    visual_neck=None,
)
