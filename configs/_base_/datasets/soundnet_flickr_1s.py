# SoundNet-Flickr as DMC and the methods of its authors read it: 224 x 224 px, and one second of
# sound at 16 kHz.
_base_ = 'soundnet_flickr.py'

evaluated = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(224, 224)),
    dict(type='CropPadAudio', seconds=1.0, crop='centre', pad='repeat'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        pipeline=[
            *evaluated[:2],
            dict(type='Resize', size=(256, 256)),
            dict(type='RandomCrop', size=(224, 224)),
            dict(type='RandomFlip', prob=0.5),
            dict(type='ColorJitter', brightness=0.3, contrast=0, saturation=0.3),
            dict(type='CropPadAudio', seconds=1.0, crop='random', pad='repeat'),
            evaluated[-1],
        ]
    ),
)
val_dataloader = dict(dataset=dict(pipeline=evaluated))
test_dataloader = dict(dataset=dict(pipeline=evaluated))
