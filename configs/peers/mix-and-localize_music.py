# Mix-and-Localize on MUSIC's solos, tested on its annotated duets, with the published networks.
_base_ = [
    '../_base_/datasets/music.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

evaluated = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000, seconds=6.0, crop='frame'),
    dict(type='Resize', size=(224, 224)),
    dict(type='CropPadAudio', seconds=6.0, crop='centre'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        ann_file='train_solo.json',
        pipeline=[
            *evaluated[:2],
            dict(type='Resize', size=(246, 246)),
            dict(type='RandomCrop', size=(224, 224)),
            dict(type='RandomFlip', prob=0.5),
            *evaluated[3:],
        ],
    ),
)
test_dataloader = dict(dataset=dict(pipeline=evaluated))

# the method has no tags, which is all that the validation clips can be scored by
val_dataloader = None
val_evaluator = None
val_cfg = None
test_evaluator = [
    dict(type='LocalizationMetric', protocols=['half_max', 'original', 'median', 'oracle_area'])
]

model = dict(
    type='MixAndLocalize',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        spectrogram=dict(type='DecibelMelSpectrogram'),
    ),
    audio_backbone=dict(type='ResNet18', in_channels=1),
    visual_backbone=dict(type='ResNet18', pretrained=True),
    audio_neck=dict(type='PooledProjection', in_channels=512, out_channels=128, hidden=[128]),
    visual_neck=dict(type='Projection', in_channels=512, out_channels=128, hidden=[128]),
)

optim_wrapper = dict(optimizer=dict(weight_decay=5e-4))
train_cfg = dict(max_epochs=30)
