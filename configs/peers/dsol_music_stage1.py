# DSOL's first stage on MUSIC's solos, with the published networks.
# The tags of the training clips match its 11 objects to the 11 instruments.
_base_ = [
    '../_base_/datasets/music.py',
    '../_base_/models/peer_resnet18_mel.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

evaluated = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000, seconds=1.0, crop='frame'),
    dict(type='Resize', size=(224, 224)),
    dict(type='CropPadAudio', seconds=1.0, crop='centre'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        ann_file='train_solo.json',
        pipeline=[
            *evaluated[:2],
            dict(type='Resize', size=(256, 256)),
            dict(type='RandomCrop', size=(224, 224)),
            dict(type='RandomFlip', prob=0.5),
            dict(type='ColorJitter', brightness=0.3, contrast=0, saturation=0.3),
            *evaluated[3:],
        ],
    ),
)
test_dataloader = dict(dataset=dict(pipeline=evaluated))

# the validation clips can be scored by tags alone, which this stage has none of
val_dataloader = None
val_evaluator = None
val_cfg = None

model = dict(
    type='DSOL',
    clusters=11,
    visual_backbone=dict(pretrained=True),
    audio_neck=dict(type='PooledProjection', in_channels=512, out_channels=128, hidden=[128]),
    visual_neck=dict(type='Projection', in_channels=512, out_channels=128, hidden=[128]),
)

custom_hooks = [dict(type='ObjectDictionaryHook')]
optim_wrapper = dict(optimizer=dict(weight_decay=1e-4))
train_cfg = dict(max_epochs=15)
