# AVGN on MUSIC, solos and duets, with the published networks.
# It is weakly supervised by the 11 instruments of the clips. The published data are VGGSound's:
# for a manifest with tags of those, set num_classes.
_base_ = [
    '../_base_/datasets/music.py',
    '../_base_/models/peer_resnet18.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

evaluated = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000, seconds=3.0, crop='frame'),
    dict(type='Resize', size=(224, 224)),
    dict(type='CropPadAudio', seconds=3.0, crop='centre', pad='repeat'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        pipeline=[
            *evaluated[:2],
            dict(type='Resize', size=(246, 246)),
            dict(type='RandomCrop', size=(224, 224)),
            dict(type='RandomFlip', prob=0.5),
            *evaluated[3:],
        ]
    ),
)
val_dataloader = dict(dataset=dict(pipeline=evaluated))
test_dataloader = dict(dataset=dict(pipeline=evaluated))

model = dict(type='AVGN', num_classes=11, channels=512)
