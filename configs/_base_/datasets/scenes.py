# InstrumentScenes: 5 s of sound and one frame of 256 x 256 px; 16 kHz, as YAMNet wants it.
data_root = 'data/instrument_scenes'
tag_level = 'group'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
train_pipeline = [*pipeline[:-1], dict(type='FlipFeatures'), pipeline[-1]]

dataset = dict(type='AVDataset', data_root=data_root, tag_level=tag_level)
evaluated = dict(**dataset, pipeline=pipeline, test_mode=True)
workers = dict(num_workers=0)  # cached features are read faster than a worker hands them over

train_dataloader = dict(
    batch_size=64,
    **workers,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train.json', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=32,
    **workers,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**evaluated, ann_file='val.json'),
)
test_dataloader = dict(val_dataloader, dataset=dict(**evaluated, ann_file='test.json'))

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
