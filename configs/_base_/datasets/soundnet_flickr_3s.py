# SoundNet-Flickr as EZ-VSL and later methods read it: 224 x 224 px, 3 s from the middle at 16 kHz.
# Shorter sounds are repeated.
_base_ = 'soundnet_flickr.py'

evaluated = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
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
