# NoPrior without optical flow on MUSIC, solos and duets, with the published networks.
_base_ = [
    '../_base_/datasets/music.py',
    '../_base_/models/peer_resnet18.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='NoPrior',
    data_preprocessor=dict(spectrogram=dict(sample_rate=22050)),
    visual_backbone=dict(
        _delete_=True,
        type='FrozenBackbone',
        backbone=dict(type='ResNet18', pretrained=True, output_stride=32),
    ),
    audio_neck=None,
    visual_neck=None,
)

evaluated = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050, seconds=3.0, crop='frame'),
    dict(type='Resize', size=(224, 224)),
    dict(type='CropPadAudio', seconds=3.0, crop='centre'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        pipeline=[
            *evaluated[:2],
            dict(type='Resize', size=(246, 246)),
            dict(type='RandomCrop', size=(224, 224)),
            *evaluated[3:],
        ]
    ),
)
val_dataloader = dict(dataset=dict(pipeline=evaluated))
test_dataloader = dict(dataset=dict(pipeline=evaluated))
