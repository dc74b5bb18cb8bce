# AudioSet-instrument: the whole 10 s of sound and one frame, random in training (footnote 7).
data_root = 'data/audioset_instrument'
tag_level = 'class'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=10.0, crop='centre'),
    dict(type='PackAVInputs'),
]

train_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='AVDataset',
        data_root=data_root,
        ann_file='train.json',
        tag_level=tag_level,
        frame='random',
        pipeline=pipeline,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='AVDataset',
        data_root=data_root,
        ann_file='val.json',
        tag_level=tag_level,
        frame='annotated',
        pipeline=pipeline,
        test_mode=True,
    ),
)
test_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='AVDataset',
        data_root=data_root,
        ann_file='test.json',
        tag_level=tag_level,
        frame='annotated',
        pipeline=pipeline,
        test_mode=True,
    ),
)

val_evaluator = [
    dict(type='LocalizationMetric', protocols=['half_max']),
    dict(type='TagMetric'),
]
test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['half_max', 'half_max/predicted', 'original', 'median', 'oracle_area'],
    ),
    dict(type='TagMetric'),
]
