# DMC on SoundNet-Flickr, 10k pairs, with the networks of its simplified implementation.
# They start from random weights.
_base_ = [
    '../_base_/datasets/soundnet_flickr_1s.py',
    '../_base_/models/peer_resnet18_mel.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='DMC',
    audio_neck=dict(type='Projection', in_channels=512, out_channels=512),
    visual_neck=dict(type='Projection', in_channels=512, out_channels=512),
)

optim_wrapper = dict(optimizer=dict(weight_decay=1e-4))
