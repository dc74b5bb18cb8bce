# InstrumentScenes: 5 s of sound and one frame of 256 x 256 px; 22.05 kHz, the paper's rate.
data_root = 'data/instrument_scenes'
tag_level = 'group'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]

dataset = dict(type='AVDataset', data_root=data_root, tag_level=tag_level, pipeline=pipeline)
workers = dict(num_workers=1, persistent_workers=True)

train_dataloader = dict(
    batch_size=32,
    **workers,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train.json'),
)
val_dataloader = dict(
    batch_size=32,
    **workers,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**dataset, ann_file='val.json', test_mode=True),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(**dataset, ann_file='test.json', test_mode=True)
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
