# Attention (Senocak et al.) on SoundNet-Flickr, 10k pairs, unsupervised, with VGG-16.
# VGG-16 on 320 x 320 px is frozen, so that its features are cached (5 GB). Sounds are the mean of
# the last map of YAMNet, also frozen, instead of SoundNet's last layer, which no package has.
_base_ = [
    '../_base_/datasets/soundnet_flickr.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(320, 320)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs', input_shape=(320, 320)),
]
train_dataloader = dict(batch_size=30, dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))

model = dict(
    type='AttentionLocalizer',
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
    audio_backbone=dict(backbone=dict(num_blocks=13)),
    visual_backbone=dict(backbone=dict(_delete_=True, type='VGG16', pretrained=True)),
    audio_neck=dict(in_channels=1024, out_channels=512, hidden=[1024]),
    visual_neck=None,
)

train_cfg = dict(max_epochs=10)
